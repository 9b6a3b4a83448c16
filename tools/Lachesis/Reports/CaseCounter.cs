using System;
using System.IO;
using System.Runtime.InteropServices;
using Lachesis.Abi;

namespace Lachesis.Tools.Reports;

/// <summary>Counts the cases that a guest has reported so far, while it runs. Reads each byte of the report once.</summary>
internal sealed class CaseCounter(string path)
{
    private long _offset;
    private int _count;

    /// <summary>Closed cases up to now. What is no record is looked at again when there is more; the real reading comes at the
    /// end.</summary>
    public unsafe int Count()
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length - _offset < sizeof(ReportHeader))
        {
            return _count;
        }

        byte[] bytes = new byte[file.Length - _offset];
        file.Position = _offset;
        file.ReadExactly(bytes);
        int at = 0;
        while (bytes.Length - at >= sizeof(ReportHeader))
        {
            ReportHeader header = MemoryMarshal.Read<ReportHeader>(bytes.AsSpan(at));
            int length = sizeof(ReportHeader) + header.Length;
            if (header.Magic != ReportHeader.ExpectedMagic || bytes.Length - at < length)
            {
                break;
            }

            _count += header.Kind == ReportKind.CaseEnd ? 1 : 0;
            at += length;
        }

        _offset += at;
        return _count;
    }
}
