namespace NotifyHub.Grains.Storage;

public abstract class Database
{
}
