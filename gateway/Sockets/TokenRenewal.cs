using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A client brings a new client token while it is connected: its rights and its end are the new one's.</summary>
/// <param name="renew">Verifies the token, for who the client is (<see cref="ClientAuthentication.RenewAsync"/>).</param>
/// <param name="subscriber">Takes away what the new one no longer allows.</param>
public sealed class TokenRenewal(Func<ClientPrincipal, string, Task<TokenVerdict>> renew, ChannelSubscriber subscriber)
{
    /// <summary>Answers the client. Does not throw.</summary>
    public async Task RenewAsync(Client client, byte[]? id, string token)
    {
        if (!client.TryBeginRequest())
        {
            client.Answer(ChannelAnswer.Error(id, ChannelRefusal.TooManyRequests));
            return;
        }

        try
        {
            while (true)
            {
                var before = client.Principal;
                var (principal, code) = await renew(before, token);
                if (principal is null)
                {
                    client.Answer(ChannelAnswer.Error(id, Refusal(code)));
                    return;
                }

                // Another token may have been verified meanwhile.
                if (!client.TryBecome(before, principal)) continue;
                subscriber.UseChannels(client);
                client.Answer(ChannelAnswer.Token(id, principal.ExpiresAt - ClientTokenRules.Skew));
                subscriber.Recheck(client);
                return;
            }
        }
        catch (Exception e) when (GridCall.IsOutage(e))
        {
            client.Answer(ChannelAnswer.Error(id, ChannelRefusal.Unavailable));
        }
        finally
        {
            client.EndRequest();
        }
    }

    private static ChannelRefusal Refusal(string? code) => code switch
    {
        TokenFault.Expired => new ChannelRefusal(TokenFault.Expired, "The token has expired."),
        TokenFault.OtherUser => new ChannelRefusal(TokenFault.OtherUser, "The token is of another user than the connection."),
        _ => new ChannelRefusal(TokenFault.Invalid, "The token is not valid."),
    };
}
