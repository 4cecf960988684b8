using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed class StateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-state-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "run", "state.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void State_file_has_pid_and_ports_while_the_process_serves()
    {
        _folder.CreateSubdirectory("run");
        File.WriteAllText(Path, "of a process that was killed");
        using (var state = new ProcessStateFile(Path))
        {
            Assert.False(File.Exists(Path));
            state.Write(("push_port", 8081), ("metrics_port", -1));
            Assert.Equal($$"""{"pid":{{Environment.ProcessId}},"push_port":8081,"metrics_port":-1}""", File.ReadAllText(Path));
        }

        Assert.Empty(_folder.GetFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_file_of_the_next_process_stays()
    {
        using (var state = new ProcessStateFile(Path))
        {
            state.Write(("push_port", 8081));
            File.WriteAllText(Path, "of the next one");
        }

        Assert.Equal("of the next one", File.ReadAllText(Path));
    }

    [Fact]
    public void Missing_folder_is_created()
    {
        using var state = new ProcessStateFile(Path);
        state.Write();
        Assert.True(File.Exists(Path));
    }

    [Fact]
    public void Unwritable_place_is_refused_with_the_name_of_the_setting()
    {
        File.WriteAllText(System.IO.Path.Combine(_folder.FullName, "run"), "a file where a folder is needed");
        var fault = Assert.Throws<StartFaultException>(() => new ProcessStateFile(Path));
        Assert.StartsWith("NotifyHub:StateFile: ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/not-there-yet/")]
    public void Folder_is_refused_with_what_to_name_instead(string end)
    {
        var folder = _folder.FullName + end;
        var fault = Assert.Throws<StartFaultException>(() => ProcessStateFile.Check(folder));
        var example = System.IO.Path.Combine(folder, "state.json");
        Assert.Equal(
            $"NotifyHub:StateFile: '{folder}' is a folder; name a file, such as '{example}'.", fault.Message);
    }

    [Fact]
    public void Without_a_path_nothing_is_written()
    {
        using var state = new ProcessStateFile("");
        state.Write(("push_port", 8081));
        Assert.Empty(_folder.GetFiles());
    }
}
