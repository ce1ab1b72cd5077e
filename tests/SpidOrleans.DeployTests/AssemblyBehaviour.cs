using Xunit.Sdk;
using Xunit.v3;

// Each test drives a host of its own and measures it: side by side they would measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
