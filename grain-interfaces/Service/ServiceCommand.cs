namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Alias("NotifyHub.ServiceCommand")]
public enum ServiceCommand
{
    Start,
    Stop,
    Restart,
}
