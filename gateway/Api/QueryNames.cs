using System.Reflection;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// The parameters that a list takes in its query. One that it does not have is refused: a misspelt filter would otherwise answer
/// everything, and look as if everything matched.
/// </summary>
internal static class QueryNames
{
    private static readonly Text NoSuchParameter = new("沒有此查詢參數", "there is no such query parameter");

    public static RouteHandlerBuilder RefusesUnknownQuery(this RouteHandlerBuilder endpoint) =>
        endpoint.AddEndpointFilterFactory((factory, next) =>
        {
            var known = Of(factory.MethodInfo);
            return context =>
            {
                var faults = new Faults();
                foreach (var name in context.HttpContext.Request.Query.Keys)
                    faults.AddUnlessKnown(name, known, NoSuchParameter, StringComparer.OrdinalIgnoreCase);
                return faults.Any ? ValueTask.FromResult<object?>(Failure.Invalid(faults)) : next(context);
            };
        });

    // A list has nothing else that is text: ids in routes are numbers. So the names can't differ from those that are read.
    private static string[] Of(MethodInfo handler) =>
        [.. handler.GetParameters().Where(parameter => parameter.ParameterType == typeof(string)).Select(one => one.Name!)];
}
