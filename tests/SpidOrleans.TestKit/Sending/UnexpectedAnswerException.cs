namespace SpidOrleans.TestKit.Sending;

/// <summary>An answer that a correct request must never get.</summary>
public sealed class UnexpectedAnswerException(string answer) : Exception($"Answered {answer}");
