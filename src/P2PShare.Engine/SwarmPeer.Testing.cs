using System.Globalization;
using System.Runtime.CompilerServices;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine;

// Finding out what works and what does not.
internal sealed partial class SwarmPeer
{
    private const int MembersAsked = 3;
    private const int MaxAddressesTested = 20;

    // Certificates begin two days before they are signed, so clocks may differ by that much; minutes are worth a word.
    private static readonly TimeSpan ClockWarning = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ClockFailure = TimeSpan.FromHours(47);
    private static readonly TimeSpan AddressTime = TimeSpan.FromSeconds(6);

    public async IAsyncEnumerable<CheckResult> TestAsync(string? folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfStopping();
        var address = PeerComposition.ParseListenAddress(_options.ListenAddress);
        var members = AskMembersAsync(cancellationToken);
        var known = TestAddressesAsync(cancellationToken);
        yield return Mine(await LocalChecks.TlsAsync(_identity, _time, cancellationToken).ConfigureAwait(false));
        yield return Mine(LocalChecks.Certificate(_identity.SwarmInfo, _identity.LeafNotAfter, _time));
        yield return Mine(await LocalChecks.BoundPortAsync(Port, address, cancellationToken).ConfigureAwait(false));
        yield return Mine(LocalChecks.Firewall(Port));
        yield return Mine(await LocalChecks.MulticastAsync(address, cancellationToken).ConfigureAwait(false));
        yield return Mine(LocalChecks.DiskSpace(_state.Path));
        if (folder is not null) yield return Mine(LocalChecks.DiskSpace(folder));
        yield return Mine(TestMembership());
        foreach (var result in await members.ConfigureAwait(false)) yield return Mine(result);
        foreach (var result in await known.ConfigureAwait(false)) yield return Mine(result);
    }

    private CheckResult Mine(CheckResult result) => result with { Peer = Name };

    private CheckResult TestMembership()
    {
        var others = _membership.View.Present.Count(peer => peer != _identity.PeerId);
        var state = State;
        var result = new CheckResult { Name = CheckNames.Membership, Status = CheckStatus.Passed, Target = SwarmName, Detail = $"This peer is in the swarm '{SwarmName}' with {others} others; it is coordinated by '{Shown(_membership.View.Coordinator)}'." };
        if (state == PeerState.Joined && others > 0) return result;
        return result with
        {
            Status = state == PeerState.Joined ? CheckStatus.Warning : CheckStatus.Failed,
            Detail = state == PeerState.Joined ? $"This peer is alone in the swarm '{SwarmName}'." : $"This peer is not in the swarm '{SwarmName}': {state}.",
            Recommendation = "Give the address of any running peer of the swarm (Connect-P2PPeer, -ConnectTo, --connect).",
        };
    }

    private async Task<IReadOnlyList<CheckResult>> AskMembersAsync(CancellationToken cancellationToken)
    {
        var view = _membership.View;
        var asked = view.Present.Where(peer => peer != _identity.PeerId).OrderByDescending(peer => peer == view.Coordinator).Take(MembersAsked).ToList();
        if (asked.Count == 0)
        {
            const string Why = "No other peer of the swarm is there to ask.";
            return
            [
                new CheckResult { Name = CheckNames.DialBack, Status = CheckStatus.Skipped, Detail = Why },
                new CheckResult { Name = CheckNames.Clock, Status = CheckStatus.Skipped, Detail = Why },
            ];
        }

        return [.. (await Task.WhenAll(asked.Select(peer => AskMemberAsync(peer, cancellationToken))).ConfigureAwait(false)).SelectMany(results => results).OrderByDescending(result => result.Name == CheckNames.DialBack)];
    }

    private async Task<IReadOnlyList<CheckResult>> AskMemberAsync(PeerId member, CancellationToken cancellationToken)
    {
        var name = Shown(member);
        try
        {
            var answer = await _membership.AskDialBackAsync(member, cancellationToken).ConfigureAwait(false);
            return [DescribeDialBack(name, answer), DescribeClock(name, answer)];
        }
        catch (P2PShareException error)
        {
            return [LocalChecks.Failed(CheckNames.DialBack, error) with { Status = CheckStatus.Warning, Target = name }];
        }
    }

    private CheckResult DescribeDialBack(string name, DialBackAnswer answer)
    {
        var result = new CheckResult { Name = CheckNames.DialBack, Target = name, Status = CheckStatus.Passed, Detail = "" };
        if (answer.IsBusy) return result with { Status = CheckStatus.Skipped, Detail = $"'{name}' was asked the same a moment ago.", Recommendation = "Test again." };
        // That another machine does not come here by its own loopback, or by an address that counts on one cable, means nothing.
        var missing = answer.Missed.Where(address => !System.Net.IPAddress.IsLoopback(address.Address) && !address.Address.IsIPv6LinkLocal).ToList();
        var missed = missing.Count > 0 ? $", and not at {List(missing)}" : "";
        if (answer.Reached.Count > 0) return result with { Detail = $"'{name}' reaches this peer at {List(answer.Reached)}{missed}." };
        return result with
        {
            Status = CheckStatus.Failed,
            Detail = answer.Missed.Count > 0 ? $"'{name}' cannot dial this peer at {List(answer.Missed)}." : $"'{name}' knows no address of this peer.",
            Recommendation = $"Let TCP port {Port} through the firewalls of this machine and of the network. Until then it can receive, but be asked only through others.",
        };

        static string List(IEnumerable<System.Net.IPEndPoint> addresses) => string.Join(", ", addresses.Select(AddressText.Format));
    }

    private CheckResult DescribeClock(string name, DialBackAnswer answer)
    {
        // Half of the way of the answer is below what is looked for here.
        var difference = DateTimeOffset.FromUnixTimeMilliseconds(answer.UnixTimeMilliseconds) - _time.GetUtcNow();
        var size = difference.Duration();
        var seconds = size.TotalSeconds.ToString(size < TimeSpan.FromSeconds(10) ? "0.0" : "0", CultureInfo.InvariantCulture);
        return new CheckResult
        {
            Name = CheckNames.Clock,
            Target = name,
            Status = size > ClockFailure ? CheckStatus.Failed : size > ClockWarning ? CheckStatus.Warning : CheckStatus.Passed,
            Detail = size < TimeSpan.FromSeconds(1) ? $"This machine's clock agrees with that of '{name}'." : $"The clock of '{name}' is {seconds} s {(difference > TimeSpan.Zero ? "ahead of" : "behind")} this machine's.",
            Recommendation = size > ClockWarning ? "Set the clocks by the network (NTP): certificates and versions of shares depend on them." : "",
        };
    }

    private async Task<IReadOnlyList<CheckResult>> TestAddressesAsync(CancellationToken cancellationToken)
    {
        var own = _store.FindPeer(_identity.PeerId)?.Details.Addresses.Select(AddressText.Format).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        var given = _addresses.Known.Select(known => (known.Address, known.Given));
        var members = _membership.View.Present
            .Where(peer => peer != _identity.PeerId)
            .Select(peer => _store.FindPeer(peer)?.Details.Addresses is [var first, ..] ? AddressText.Format(first) : null)
            .OfType<string>()
            .Select(text => (Address: text, Given: false));
        var all = given.Concat(members).DistinctBy(a => a.Address, StringComparer.OrdinalIgnoreCase).Where(a => !own.Contains(a.Address)).Take(MaxAddressesTested).ToList();
        if (all.Count == 0) return [new CheckResult { Name = CheckNames.KnownAddress, Status = CheckStatus.Skipped, Detail = "No address of another peer is known." }];
        return await Task.WhenAll(all.Select(a => TestAddressAsync(a.Address, a.Given, cancellationToken))).ConfigureAwait(false);
    }

    private async Task<CheckResult> TestAddressAsync(string address, bool given, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AddressTime, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var started = _time.GetTimestamp();
            var who = await _transport.ProbeAsync(address, expected: null, limit.Token).ConfigureAwait(false);
            return new CheckResult { Name = CheckNames.KnownAddress, Target = address, Status = CheckStatus.Passed, Detail = $"'{Shown(who)}' answers at {address} within {_time.GetElapsedTime(started).TotalMilliseconds:0} ms." };
        }
        catch (P2PShareException error)
        {
            // One that was only remembered may belong to a machine that is off.
            return LocalChecks.Failed(CheckNames.KnownAddress, error) with { Target = address, Status = given ? CheckStatus.Failed : CheckStatus.Warning, Detail = DisplayName.Escape(error.Message) };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new CheckResult { Name = CheckNames.KnownAddress, Target = address, Status = given ? CheckStatus.Failed : CheckStatus.Warning, Detail = $"Nobody answers at {address}.", Recommendation = "Check that a peer runs there, the port, and the firewalls in between." };
        }
    }
}
