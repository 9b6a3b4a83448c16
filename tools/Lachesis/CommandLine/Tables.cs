using System.Globalization;
using System.IO;
using Spectre.Console;

namespace Lachesis.Tools.CommandLine;

/// <summary>Tables as every command prints them.</summary>
internal static class Tables
{
    // Wide enough that no table of ours wraps when the output is a file or a pipe.
    private const int PlainWidth = 200;

    /// <summary>A table with these columns; those whose title begins with a space are aligned to the right.</summary>
    public static Table Create(params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string title in columns)
        {
            TableColumn column = new(new Text(title.Trim()));
            table.AddColumn(title.StartsWith(' ') ? column.RightAligned() : column);
        }

        return table;
    }

    /// <summary>Adds a row; text of the guest is shown as it is, never taken as markup.</summary>
    public static void AddPlainRow(this Table table, params string[] cells) =>
        table.AddRow(System.Array.ConvertAll(cells, static cell => new Text(cell)));

    /// <summary>Prints a table.</summary>
    public static void Print(TextWriter output, Table table)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = PlainWidth;
        console.Write(table);
    }

    /// <summary>A number with so many digits after the point.</summary>
    public static string Number(double value, int digits = 0) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);

    /// <summary>A part of one as a percentage.</summary>
    public static string Percent(double part) => $"{Number(part * 100, 1)}%";
}
