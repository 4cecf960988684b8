using System.Globalization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

public sealed record LoginToken(string Token, DateTimeOffset ExpiresAt);
