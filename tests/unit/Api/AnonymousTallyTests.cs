using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class AnonymousTallyTests
{
    private static readonly DateTimeOffset Minute = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Minute.AddSeconds(7));
    private readonly AnonymousTally _tally;

    public AnonymousTallyTests() => _tally = new AnonymousTally(_clock);

    [Fact]
    public void What_is_alike_is_added_up()
    {
        Add("192.0.2.7", milliseconds: 1);
        Add("192.0.2.7", milliseconds: 5);
        Add("192.0.2.7", status: 404);
        Add("192.0.2.8");

        Assert.Equal(
            [
                new AnonymousRequests(
                    Minute, "192.0.2.7", "GET", "/api/keys", 401, 2, TimeSpan.FromMilliseconds(6), TimeSpan.FromMilliseconds(5)),
                new AnonymousRequests(
                    Minute, "192.0.2.7", "GET", "/api/keys", 404, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
                new AnonymousRequests(
                    Minute, "192.0.2.8", "GET", "/api/keys", 401, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
            ],
            _tally.Take().OrderBy(sum => sum.Address).ThenBy(sum => sum.Status));
        Assert.Empty(_tally.Take());
    }

    [Fact]
    public void A_minute_lists_a_bounded_number_of_sums()
    {
        List<AnonymousRequests> taken = [];
        for (var round = 0; round < 10; round++)
        {
            for (var address = 0; address < 1_000; address++) Add($"10.0.{round}.{address}");
            taken.AddRange(_tally.Take());
        }

        Assert.Equal(
            AnonymousTally.MaxSums,
            taken.Select(sum => sum.Address).Where(address => address != AnonymousTally.OtherAddresses).Distinct().Count());
        Assert.Equal(10_000, taken.Sum(sum => sum.Requests));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Add("10.9.9.9");
        Assert.Equal(
            ("10.9.9.9", Minute.AddMinutes(1)), Assert.Single(_tally.Take()) is var sum ? (sum.Address, sum.Minute) : default);
    }

    [Fact]
    public void An_address_that_tries_everything_leaves_room_for_others()
    {
        for (var status = 400; status < 500; status++) Add("192.0.2.66", status);
        Add("192.0.2.7");

        var sums = _tally.Take();

        Assert.Equal(AnonymousTally.MaxSumsPerAddress, sums.Count(sum => sum.Address == "192.0.2.66"));
        Assert.Equal(
            100 - AnonymousTally.MaxSumsPerAddress,
            sums.Where(sum => sum.Address == AnonymousTally.OtherAddresses).Sum(sum => sum.Requests));
        Assert.Single(sums, sum => sum.Address == "192.0.2.7");
    }

    [Fact]
    public void Sums_that_are_not_taken_do_not_grow_with_time()
    {
        for (var minute = 0; minute < 100; minute++)
        {
            for (var address = 0; address < 300; address++) Add($"10.{minute}.0.{address}");
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        var sums = _tally.Take();
        Assert.Equal(AnonymousTally.MaxSums + 1, sums.Length);
        Assert.Equal(30_000, sums.Sum(sum => sum.Requests));
        Assert.All(sums, sum => Assert.Equal(Minute, sum.Minute));
    }

    private void Add(string address, int status = 401, int milliseconds = 1) => _tally.Add(new ApiRequest(
        _clock.GetUtcNow(), "-", "GET", "/api/keys", "/api/keys", status, TimeSpan.FromMilliseconds(milliseconds), address, ""));
}
