using System.Reflection;
using System.Reflection.Emit;
using NotifyHub.Console.Api;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>The folders of the console point one way: a type uses only types of its own folder and of those before it.</summary>
public sealed class FolderOrderTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // As in docs/console.md; the last is the root.
    private static readonly string[] Folders = ["Api", "Live", "Language", "Accounts", "Components", "Layout", "Pages", ""];

    private static readonly Dictionary<short, OpCode> OpCodesByValue =
        typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    [Fact]
    public void No_type_uses_a_folder_behind_its_own()
    {
        var back =
            from type in typeof(ApiClient).Assembly.GetTypes()
            where Place(type) >= 0
            from used in Uses(type).SelectMany(Parts).Distinct()
            where Place(used) > Place(type)
            select $"{type.FullName} uses {used.FullName}";

        Assert.Empty(back);
    }

    /// <summary>The index of the folder; -1 for types of other assemblies and of the compiler.</summary>
    private static int Place(Type type)
    {
        const string Root = "NotifyHub.Console";
        var isOurs = type.Assembly == typeof(ApiClient).Assembly;
        return isOurs && type.Namespace is { } name && name.StartsWith(Root, StringComparison.Ordinal)
            ? Array.IndexOf(Folders, name[Root.Length..].TrimStart('.'))
            : -1;
    }

    /// <summary>The type itself, its element type and its generic arguments.</summary>
    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];
    }

    private static IEnumerable<Type> Uses(Type type)
    {
        if (type.BaseType is { } parent) yield return parent;
        foreach (var implemented in type.GetInterfaces()) yield return implemented;
        foreach (var field in type.GetFields(All)) yield return field.FieldType;
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            if (method is MethodInfo { ReturnType: var result }) yield return result;
            foreach (var parameter in method.GetParameters()) yield return parameter.ParameterType;
            foreach (var used in UsesOfBody(method)) yield return used;
        }
    }

    private static IEnumerable<Type> UsesOfBody(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il) yield break;
        for (var at = 0; at < il.Length;)
        {
            short value = il[at++];
            if (value == 0xFE) value = (short)(0xFE00 | il[at++]);
            var operand = OpCodesByValue[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                foreach (var used in UsesOfToken(method, BitConverter.ToInt32(il, at))) yield return used;
            }

            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> UsesOfToken(MethodBase method, int token)
    {
        var ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var member = method.Module.ResolveMember(token, ofType, ofMethod);
        if (member is Type type) yield return type;
        if (member?.DeclaringType is { } declaring) yield return declaring;
        if (member is MethodInfo { IsGenericMethod: true } generic)
        {
            foreach (var argument in generic.GetGenericArguments()) yield return argument;
        }
    }
}
