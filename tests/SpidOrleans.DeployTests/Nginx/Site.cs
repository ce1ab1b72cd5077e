using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary><c>deploy/nginx/spidorleans.conf</c> in front of three silos, and browsers that come to it from 127.0.0.5.</summary>
internal sealed class Site : IAsyncDisposable
{
    public const string CallersAddress = "127.0.0.5";

    private readonly X509Certificate2 _certificate = MakeCertificate();
    private readonly int _plainPort = Loopback.FreePort();
    private NginxProcess? _nginx;

    public Uri Address => new($"https://127.0.0.1:{_nginx!.Port}");

    public Uri PlainAddress => new($"http://127.0.0.1:{_plainPort}");

    public static async Task<Site> StartAsync(IReadOnlyList<SiloProcess> silos)
    {
        var site = new Site();
        site._nginx = await NginxProcess.StartAsync((folder, port) => site.Write(folder, port, silos));
        return site;
    }

    /// <summary>Redirects are shown, not followed.</summary>
    public HttpMessageHandler NewHandler() => new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == _certificate.GetCertHashString() },
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(CallersAddress), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null) await _nginx.DisposeAsync();
        _certificate.Dispose();
    }

    private SiteFile Write(string folder, int port, IReadOnlyList<SiloProcess> silos)
    {
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), _certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), _certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var file = new SiteFile("nginx/spidorleans.conf")
            .With("listen 80;", $"listen 127.0.0.1:{_plainPort};")
            .With("listen [::]:80;", "")
            .With("listen 443 ", $"listen 127.0.0.1:{port} ")
            .With("listen [::]:443 ssl http2;", "")
            .With("/etc/ssl/spidorleans", folder)
            .With("/var/log/nginx", folder);
        for (var number = 1; number <= silos.Count; number++) file.With($"silo-{number}.internal:5000", silos[number - 1].Address.Authority);
        return file;
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=id.example.com", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
