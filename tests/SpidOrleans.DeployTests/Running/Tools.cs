using SpidOrleans.TestKit.Postgres;

namespace SpidOrleans.DeployTests.Running;

/// <summary>Which programs are here.</summary>
public static class Tools
{
    public static bool HaveNginx => Command.Find("nginx") is not null && PostgresServer.IsInstalled;

    public static bool HavePostgres => PostgresServer.IsInstalled;

    public static bool HaveSystemd => Command.Find("systemd-analyze") is not null;

    public static bool HaveCompose => Command.Find("docker-compose") is not null;

    public static bool HaveGo => Command.Find("go") is not null && Directory.Exists("/usr/share/gocode/src/github.com/Masterminds/sprig");

    public static bool HavePrometheus => Command.Find("prometheus") is not null && Command.Find("promtool") is not null;

    /// <summary>Why a test is skipped where the property of that name is false.</summary>
    public static string ReasonOf(string property) => property switch
    {
        nameof(HaveNginx) => "nginx or PostgreSQL is not installed (Debian's nginx, postgresql).",
        nameof(HavePostgres) => PostgresServer.NotInstalled,
        nameof(HaveSystemd) => "systemd-analyze is not installed (Debian's systemd).",
        nameof(HaveCompose) => "docker-compose is not installed (Debian's docker-compose, which has the Compose specification's schema).",
        nameof(HaveGo) => "Go or sprig is not installed (Debian's golang-go, golang-github-masterminds-sprig-dev).",
        nameof(HavePrometheus) => "Prometheus is not installed (Debian's prometheus).",
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, "no such property"),
    };
}
