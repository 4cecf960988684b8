using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

public sealed record SetPassword(
    [property: StringLength(UserRules.NewPasswordLength, MinimumLength = UserRules.MinPasswordLength)] string Password);
