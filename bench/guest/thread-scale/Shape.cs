using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>One row: so many workers on the first so many CPUs.</summary>
internal unsafe struct Shape
{
    internal uint Workers;
    internal uint Cpus;

    /// <summary>Reads <c>shapes=1x1,2x2</c>; gives how many there are, or 0 if one is out of range.</summary>
    internal static int ReadAll(Shape* shapes, int room, uint maxWorkers)
    {
        int at = Program.FindArgument("shapes");
        int count = 0;
        while (at >= 0 && count < room)
        {
            Shape* shape = &shapes[count];
            shape->Workers = ReadNumber(ref at);
            at++;
            shape->Cpus = ReadNumber(ref at);
            if (shape->Workers == 0 || shape->Workers > maxWorkers || shape->Cpus == 0 || shape->Cpus > Program.Cpus)
            {
                return 0;
            }

            count++;
            at = at < (int)Program.Start->ArgumentLength && Program.Start->Argument[at] == ',' ? at + 1 : -1;
        }

        return count;
    }

    private static uint ReadNumber(ref int at)
    {
        uint value = 0;
        for (; at < (int)Program.Start->ArgumentLength && Program.Start->Argument[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            value = (value * 10) + Program.Start->Argument[at] - '0';
        }

        return value;
    }
}
