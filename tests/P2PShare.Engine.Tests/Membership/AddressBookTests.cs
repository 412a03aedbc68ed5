using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Membership;

public sealed class AddressBookTests
{
    private static readonly Func<PeerId, bool> Nobody = _ => false;

    private readonly FakeTimeProvider _time = new();
    private readonly AddressBook _book;

    public AddressBookTests() => _book = new AddressBook(_time, new Random(1));

    [Fact]
    public void A_given_address_is_tried_at_once_and_then_after_growing_delays_up_to_half_a_minute()
    {
        _book.Give("east");
        var delays = new List<double>();
        for (var i = 0; i < 30; i++)
        {
            var waited = 0.0;
            while (_book.TakeDue(Nobody, all: true).Count == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
                waited += 0.01;
                Assert.True(waited < 60);
            }

            delays.Add(waited);
            _book.Note(At("east"), null, "no answer");
        }

        Assert.Equal(0, delays[0]);
        Assert.InRange(delays[1], 0.2, 0.31);
        Assert.InRange(delays[2], 0.3, 0.6);
        Assert.All(delays[20..], delay => Assert.InRange(delay, 20, 36.1));
        Assert.True(delays[20..].Distinct().Count() > 3, "The delays are not jittered.");
    }

    [Fact]
    public void Of_many_given_addresses_the_first_is_tried_alone_and_then_ever_more_at_once()
    {
        for (var i = 0; i < 20; i++) _book.Give($"east{i}");
        Assert.Equal("east0", Assert.Single(_book.TakeDue(Nobody, all: true)).Host);
        Assert.Empty(_book.TakeDue(Nobody, all: true));
        foreach (var expected in new[] { 2, 4, 8, 5 })
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.Equal(expected, _book.TakeDue(Nobody, all: true).Count);
        }
    }

    [Fact]
    public void The_next_address_is_tried_as_soon_as_those_before_have_failed()
    {
        for (var i = 0; i < 3; i++) _book.Give($"east{i}");
        _book.Note(Assert.Single(_book.TakeDue(Nobody, all: true)), null, "no answer");
        Assert.Equal(["east1", "east2"], _book.TakeDue(Nobody, all: true).Select(address => address.Host));
    }

    [Fact]
    public void The_own_address_first_in_the_list_holds_up_none_of_the_others()
    {
        for (var i = 0; i < 3; i++) _book.Give($"east{i}");
        _book.NoteSelf(Assert.Single(_book.TakeDue(Nobody, all: true)), RawMember.NewId(1));
        Assert.Equal(["east1", "east2"], _book.TakeDue(Nobody, all: true).Select(address => address.Host));
    }

    [Fact]
    public void When_one_has_answered_the_others_are_left_time_to_be_known_by_it_and_are_tried_in_the_end()
    {
        for (var i = 1; i <= 3; i++) _book.Give($"192.0.2.{i}:5000");
        _book.Note(Assert.Single(_book.TakeDue(Nobody, all: true)), RawMember.NewId(1), null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_book.TakeDue(_ => true, all: true));
        _book.PresentAddresses = () => [new IPEndPoint(IPAddress.Parse("192.0.2.2"), 5000)];
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("192.0.2.3", Assert.Single(_book.TakeDue(_ => true, all: true)).Host);
        // Another network may have the same addresses.
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("192.0.2.2", Assert.Single(_book.TakeDue(_ => true, all: true)).Host);
    }

    [Fact]
    public void Each_kind_of_failure_is_told_once_until_the_address_answers()
    {
        _book.Give("east");
        Assert.True(_book.Note(At("east"), null, "no answer"));
        Assert.True(_book.Note(At("east"), null, "refused"));
        Assert.False(_book.Note(At("east"), null, "no answer"));
        Assert.False(_book.Note(At("east"), null, "refused"));
        Assert.False(_book.Note(At("east"), RawMember.NewId(1), null));
        Assert.True(_book.Note(At("east"), null, "no answer"));
    }

    [Fact]
    public void An_address_whose_peer_is_present_is_left_alone()
    {
        var peer = RawMember.NewId(1);
        _book.Give("east");
        _book.TakeDue(Nobody, all: true);
        _book.Note(At("east"), peer, null);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_book.TakeDue(id => id == peer, all: true));
        Assert.Single(_book.TakeDue(Nobody, all: true));
    }

    [Fact]
    public void Of_remembered_addresses_no_more_than_a_few_are_kept_and_they_are_tried_only_by_who_is_alone()
    {
        for (var i = 0; i < 1000; i++) _book.Remember($"192.0.2.{i % 250}:{1000 + i}");
        Assert.Empty(_book.TakeDue(Nobody, all: false));
        Assert.Equal(64, _book.TakeDue(Nobody, all: true).Count);
    }

    [Fact]
    public void What_is_heard_is_tried_few_at_a_time_and_forgotten_when_it_fails()
    {
        for (var i = 0; i < 1000; i++) _book.Hear(new IPEndPoint(IPAddress.Parse("192.0.2." + i % 250), 1000 + i), atOnce: true);
        var tried = 0;
        for (var minute = 0; minute < 60 * 60; minute++)
        {
            var due = _book.TakeDue(Nobody, all: false);
            Assert.InRange(due.Count, 0, 4);
            tried += due.Count;
            foreach (var one in due) Assert.False(_book.Note(one, null, "no answer"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(64 * 3, tried);
        Assert.Empty(_book.Describe());
    }

    [Fact]
    public void What_is_heard_in_company_is_left_some_seconds_to_join_by_itself()
    {
        var address = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 5000);
        _book.Hear(address, atOnce: false);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_book.TakeDue(Nobody, all: false));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(_book.TakeDue(Nobody, all: false));

        var joined = new IPEndPoint(IPAddress.Parse("192.0.2.8"), 5000);
        _book.Hear(joined, atOnce: false);
        _book.PresentAddresses = () => [joined];
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(_book.TakeDue(Nobody, all: false));
    }

    [Fact]
    public void What_the_user_gave_is_not_forgotten_though_it_was_heard_first()
    {
        _book.Hear(new IPEndPoint(IPAddress.Parse("192.0.2.7"), 5000), atOnce: true);
        _book.Give("192.0.2.7:5000");
        for (var i = 0; i < 10; i++) _book.Note(At("192.0.2.7"), null, "no answer");
        Assert.Single(_book.Describe());
    }

    [Fact]
    public void An_address_on_a_link_keeps_its_scope()
    {
        _book.Hear(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 5000), atOnce: true);
        var due = Assert.Single(_book.TakeDue(Nobody, all: false));
        Assert.Equal(IPAddress.Parse("fe80::1%3"), IPAddress.Parse(due.Host));
        Assert.False(_book.Note(due, RawMember.NewId(1), null));
        Assert.Contains("answered", Assert.Single(_book.Describe()), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_is_alone_before_others_had_time_to_be_heard()
    {
        Assert.True(_book.AllTried);
        _book.AwaitHeard(TimeSpan.FromSeconds(1));
        Assert.False(_book.AllTried);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_book.AllTried);
    }

    private static DnsEndPoint At(string host) => new(host, 5000);
}
