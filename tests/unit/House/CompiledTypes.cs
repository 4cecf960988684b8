using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace NotifyHub.UnitTests.House;

/// <summary>
/// The references between an assembly's types, read from the compiled assembly: base types, signatures, fields, method bodies and
/// attributes. Nested types, closures and state machines count as their containing type. Types added by generators are left out.
/// </summary>
internal static class CompiledTypes
{
    /// <param name="path">The assembly.</param>
    /// <param name="sources">The types in the source of its project.</param>
    public static IReadOnlyCollection<TypeArrow> Arrows(string path, SourceTypes sources)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        HashSet<TypeArrow> arrows = [];
        foreach (var handle in reader.TypeDefinitions)
        {
            if (NameOf(reader, handle, sources) is not { } from) continue;
            foreach (var referenced in References(file, reader, reader.GetTypeDefinition(handle)))
                if (NameOf(reader, referenced, sources) is { } to && to != from) arrows.Add(new TypeArrow(from, to));
        }

        return arrows;
    }

    private static TypeName? NameOf(MetadataReader reader, TypeDefinitionHandle handle, SourceTypes sources)
    {
        var type = reader.GetTypeDefinition(handle);
        while (type.GetDeclaringType() is { IsNil: false } outer) type = reader.GetTypeDefinition(outer);
        var name = reader.GetString(type.Name);
        return sources.FolderOf(reader.GetString(type.Namespace), name) is { } folder ? new TypeName(folder, name) : null;
    }

    private static HashSet<TypeDefinitionHandle> References(PEReader file, MetadataReader reader, TypeDefinition type)
    {
        HashSet<TypeDefinitionHandle> found = [];
        var signatures = new ReferencedTypes(found);
        Add(type.BaseType);
        foreach (var implemented in type.GetInterfaceImplementations())
            Add(reader.GetInterfaceImplementation(implemented).Interface);
        foreach (var field in type.GetFields()) reader.GetFieldDefinition(field).DecodeSignature(signatures, null);
        AddAttributes(type.GetCustomAttributes());
        foreach (var method in type.GetMethods()) AddMethod(reader.GetMethodDefinition(method));
        return found;

        void AddMethod(MethodDefinition method)
        {
            method.DecodeSignature(signatures, null);
            AddAttributes(method.GetCustomAttributes());
            if (method.RelativeVirtualAddress == 0) return;
            var body = file.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil)
                reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(signatures, null);
            foreach (var token in InstructionTokens.In(body.GetILReader())) Add(token);
        }

        void AddAttributes(CustomAttributeHandleCollection attributes)
        {
            foreach (var attribute in attributes) Add(reader.GetCustomAttribute(attribute).Constructor);
        }

        void Add(EntityHandle handle)
        {
            if (handle.IsNil) return;
            switch (handle.Kind)
            {
                case HandleKind.TypeDefinition:
                    found.Add((TypeDefinitionHandle)handle);
                    break;
                case HandleKind.TypeSpecification:
                    reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(signatures, null);
                    break;
                case HandleKind.FieldDefinition:
                    found.Add(reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.MethodDefinition:
                    found.Add(reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.MemberReference:
                    AddMember(reader.GetMemberReference((MemberReferenceHandle)handle));
                    break;
                case HandleKind.MethodSpecification:
                    var generic = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                    generic.DecodeSignature(signatures, null);
                    Add(generic.Method);
                    break;
            }
        }

        void AddMember(MemberReference member)
        {
            Add(member.Parent);
            if (member.GetKind() == MemberReferenceKind.Field) member.DecodeFieldSignature(signatures, null);
            else member.DecodeMethodSignature(signatures, null);
        }
    }
}
