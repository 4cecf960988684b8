using System.Net;
using System.Globalization;

namespace NotifyHub.Bench;

/// <summary>The options of one run. <see cref="Parse"/> reports all faults at once.</summary>
internal sealed record BenchOptions
{
    public const string Help = """
        usage: dotnet run -c Release --project bench -- [options]

          --url URL                 where clients connect            ws://127.0.0.1:8080/
          --push HOST:PORT          where lines are pushed           127.0.0.1:8081
          --push-key KEY            first line AUTH KEY
          --connections N           clients                          1000
          --connect-rate N          connects per second, 0: as fast as they are accepted   0
          --threads N               receiving threads                1
          --protocol plain|v1|signalr   v1 offers notifyhub.v1 and checks offsets        plain
          --publisher tcp|rest|notifications|none   rest: POST /api/push, notifications:
                                    POST /api/notifications/windows/batch                tcp
          --rate M|max              messages per second; max: as fast as acknowledged      100
          --lead N                  rate max: messages that may be ahead of the slowest reader; a generator that
                                    cannot keep up must not get its clients cut off      8 MiB of them, or 50 million deliveries
          --size BYTES              of each pushed message, 64 to 1,000,000              128
          --pipeline N              tcp: lines that may wait for their acknowledgement   1000
          --batch N                 rest: messages per request         1
          --in-flight N             rest: concurrent requests; with more than one only the order
                                    inside each request is checked                       1
          --api URL                 rest: base address; else the WebSocket's host
          --token T | --api-key K | --email E --password P           rest: who publishes
          --warmup S --duration S   seconds                          2, 10
          --min-messages N          a phase continues until at least N messages were sent      0
          --drain S                 longest wait for the last delivery                   30
          --slow PERCENT            clients that never read          0
          --resume PERCENT@SECOND   v1: at that second of the measured window, disconnect that share and resume it
          --idle                    connect, then measure an idle connection for --duration
          --server-pids P,P         local processes whose CPU time and memory are read
          --json FILE               write the result as JSON too

        Exit code 0: every client got every message once, in order. 1: order error, gap, repeat or altered message.
        2: wrong options, or the run could not be carried out.
        """;

    private int _lead;

    public Uri Url { get; private set; } = new("ws://127.0.0.1:8080/");

    public DnsEndPoint Push { get; private set; } = new("127.0.0.1", 8081);

    public string PushKey { get; private set; } = "";

    public int Connections { get; private set; } = 1000;

    public double ConnectRate { get; private set; }

    public int Threads { get; private set; } = 1;

    public BenchProtocol Protocol { get; private set; }

    public PublisherKind Publisher { get; private set; }

    /// <summary>Messages per second; infinite means as fast as acknowledged.</summary>
    public double Rate { get; private set; } = 100;

    public int Size { get; private set; } = 128;

    public int Pipeline { get; private set; } = 1000;

    public int Batch { get; private set; } = 1;

    public int InFlight { get; private set; } = 1;

    /// <summary>With <see cref="Rate"/> infinite: how many messages may be ahead of the slowest reading client.</summary>
    public int Lead => _lead > 0 ? _lead : Math.Max(Math.Min((8 << 20) / Size, 50_000_000 / Connections), 1);

    public Uri? Api { get; private set; }

    public string Token { get; private set; } = "";

    public string ApiKey { get; private set; } = "";

    public string Email { get; private set; } = "";

    public string Password { get; private set; } = "";

    public TimeSpan Warmup { get; private set; } = TimeSpan.FromSeconds(2);

    public TimeSpan Duration { get; private set; } = TimeSpan.FromSeconds(10);

    /// <summary>A phase goes on, whatever its length, until this many messages were sent.</summary>
    public int MinMessages { get; private set; }

    public TimeSpan Drain { get; private set; } = TimeSpan.FromSeconds(30);

    public double SlowPercent { get; private set; }

    public int ResumePercent { get; private set; }

    public TimeSpan ResumeAt { get; private set; }

    public bool Idle { get; private set; }

    public IReadOnlyList<int> ServerPids { get; private set; } = [];

    public string JsonFile { get; private set; } = "";

    public bool IsRest => Publisher is PublisherKind.Rest or PublisherKind.Notifications;

    /// <summary>Messages per request if requests may overtake each other; 0 if all messages arrive in order.</summary>
    public int RequestOrder => IsRest && InFlight > 1 ? Batch : 0;

    public Uri ApiBase => Api ?? new UriBuilder("http", Url.Host, Url.Port).Uri;

    /// <exception cref="FormatException">With one line per fault.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions();
        List<string> faults = [];
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].IndexOf('=') is > 0 and var equals
                ? (args[i][..equals], args[i][(equals + 1)..]) : (args[i], null);
            if (name == "--idle")
            {
                options.Idle = true;
                continue;
            }
            value ??= i + 1 < args.Count ? args[++i] : "";
            try
            {
                if (!options.Set(name, value)) faults.Add($"{name}: no such option");
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                faults.Add($"{name} {value}: {e.Message}");
            }
        }

        if (options.ResumePercent > 0 && options.Protocol != BenchProtocol.V1) faults.Add("--resume: needs --protocol v1");
        if (options.IsRest && options is { Token: "", ApiKey: "", Email: "" })
        {
            var publisher = options.Publisher.ToString().ToLowerInvariant();
            faults.Add($"--publisher {publisher}: needs --token, --api-key or --email and --password");
        }

        return faults.Count == 0 ? options : throw new FormatException(string.Join('\n', faults));
    }

    private bool Set(string name, string value)
    {
        switch (name)
        {
            case "--url": Url = Address(value, "ws"); break;
            case "--push": Push = EndPoint(value); break;
            case "--push-key": PushKey = value; break;
            case "--connections": Connections = (int)Number(value, 1, 1_000_000); break;
            case "--connect-rate": ConnectRate = Number(value, 0, 1_000_000); break;
            case "--threads": Threads = (int)Number(value, 1, 64); break;
            case "--protocol": Protocol = Enum.Parse<BenchProtocol>(value, ignoreCase: true); break;
            case "--publisher": Publisher = Enum.Parse<PublisherKind>(value, ignoreCase: true); break;
            case "--rate": Rate = value == "max" ? double.PositiveInfinity : Number(value, 0.25, 10_000_000); break;
            case "--lead": _lead = (int)Number(value, 1, BenchMessage.MaxMessages); break;
            case "--size": Size = (int)Number(value, BenchMessage.MinBytes, 1_000_000); break;
            case "--pipeline": Pipeline = (int)Number(value, 1, 1_000_000); break;
            case "--batch": Batch = (int)Number(value, 1, 1_000); break;
            case "--in-flight": InFlight = (int)Number(value, 1, 1000); break;
            case "--api": Api = Address(value, "http"); break;
            case "--token": Token = value; break;
            case "--api-key": ApiKey = value; break;
            case "--email": Email = value; break;
            case "--password": Password = value; break;
            case "--warmup": Warmup = Seconds(value); break;
            case "--duration": Duration = Seconds(value); break;
            case "--min-messages": MinMessages = (int)Number(value, 0, BenchMessage.MaxMessages); break;
            case "--drain": Drain = Seconds(value); break;
            case "--slow": SlowPercent = Number(value, 0, 100); break;
            case "--resume": SetResume(value); break;
            case "--server-pids": ServerPids = [.. value.Split(',').Select(p => (int)Number(p, 1, int.MaxValue))]; break;
            case "--json": JsonFile = value; break;
            default: return false;
        }
        return true;
    }

    private void SetResume(string value)
    {
        var at = value.IndexOf('@');
        if (at < 0) throw new FormatException("expected PERCENT@SECOND");
        ResumePercent = (int)Number(value[..at], 1, 100);
        ResumeAt = Seconds(value[(at + 1)..]);
    }

    private static double Number(string value, double min, double max)
    {
        var number = double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
        return number >= min && number <= max ? number : throw new FormatException($"expected {min} to {max}");
    }

    private static TimeSpan Seconds(string value) => TimeSpan.FromSeconds(Number(value, 0, 86_400));

    private static Uri Address(string value, string scheme) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme == scheme
            ? url
            : throw new FormatException($"expected {scheme}://host:port/");

    private static DnsEndPoint EndPoint(string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon <= 0) throw new FormatException("expected host:port");
        return new DnsEndPoint(value[..colon].Trim('[', ']'), (int)Number(value[(colon + 1)..], 1, 65535));
    }
}
