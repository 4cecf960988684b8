namespace NotifyHub.Bench;

internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
