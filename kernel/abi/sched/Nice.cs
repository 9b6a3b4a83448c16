namespace Lachesis.Abi;

/// <summary>Linux's scale of niceness, and the weights of the fair policy that stand behind it.</summary>
public static class Nice
{
    /// <summary>The least nice: the greatest share.</summary>
    public const int Min = -20;

    /// <summary>The nicest: the smallest share.</summary>
    public const int Max = 19;

    /// <summary>The weight of a niceness from <see cref="Min"/> to <see cref="Max"/>; what lies outside counts as the
    /// nearer end. A step is about 10% of CPU time between two threads.</summary>
    public static uint WeightOf(int nice) => nice switch
    {
        <= -20 => 88761,
        -19 => 71755,
        -18 => 56483,
        -17 => 46273,
        -16 => 36291,
        -15 => 29154,
        -14 => 23254,
        -13 => 18705,
        -12 => 14949,
        -11 => 11916,
        -10 => 9548,
        -9 => 7620,
        -8 => 6100,
        -7 => 4904,
        -6 => 3906,
        -5 => 3121,
        -4 => 2501,
        -3 => 1991,
        -2 => 1586,
        -1 => 1277,
        0 => SchedulingLimits.DefaultWeight,
        1 => 820,
        2 => 655,
        3 => 526,
        4 => 423,
        5 => 335,
        6 => 272,
        7 => 215,
        8 => 172,
        9 => 137,
        10 => 110,
        11 => 87,
        12 => 70,
        13 => 56,
        14 => 45,
        15 => 36,
        16 => 29,
        17 => 23,
        18 => 18,
        _ => 15,
    };
}
