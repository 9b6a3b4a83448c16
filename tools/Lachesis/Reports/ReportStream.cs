using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Lachesis.Abi;

namespace Lachesis.Tools.Reports;

/// <summary>The bytes of a report channel, cut into records up to the first byte that is not one.</summary>
public sealed class ReportStream
{
    private ReportStream(IReadOnlyList<ReportRecord> records, string? problem)
    {
        Records = records;
        Problem = problem;
    }

    /// <summary>The good records before <see cref="Problem"/>, in order.</summary>
    public IReadOnlyList<ReportRecord> Records { get; }

    /// <summary>What is wrong with the bytes after the last good record, or null if nothing is.</summary>
    public string? Problem { get; }

    /// <summary>Reads all that is good. Never throws, whatever the bytes: a guest may write anything.</summary>
    public static ReportStream Read(ReadOnlySpan<byte> bytes)
    {
        List<ReportRecord> records = [];
        int offset = 0;
        while (offset < bytes.Length)
        {
            string? problem = ReadOne(bytes[offset..], (uint)records.Count, out ReportRecord? record, out int length);
            if (record is null)
            {
                return new ReportStream(records, $"{problem} (record {records.Count}, byte {offset})");
            }

            records.Add(record);
            offset += length;
        }

        return new ReportStream(records, null);
    }

    private static unsafe string? ReadOne(ReadOnlySpan<byte> bytes, uint expected, out ReportRecord? record, out int length)
    {
        record = null;
        length = 0;
        if (bytes.Length < sizeof(ReportHeader))
        {
            return $"torn record: {bytes.Length} bytes of a header of {sizeof(ReportHeader)}";
        }

        ReportHeader header = MemoryMarshal.Read<ReportHeader>(bytes);
        int least = ReportRecord.FixedBytes(header.Kind);
        if (header.Magic != ReportHeader.ExpectedMagic)
        {
            return $"no record here: magic 0x{header.Magic:x8}";
        }

        if (least < 0)
        {
            return $"unknown kind of record {(ushort)header.Kind}";
        }

        if (header.Sequence != expected)
        {
            return $"sequence gap: number {header.Sequence} where {expected} was due";
        }

        if (header.Length > ReportHeader.MaxPayload || header.Length < least
            || (header.Length > least && !ReportRecord.MayHaveText(header.Kind)))
        {
            return $"a {header.Kind} record cannot have {header.Length} bytes of payload";
        }

        if (bytes.Length - sizeof(ReportHeader) < header.Length)
        {
            return $"torn record: {bytes.Length - sizeof(ReportHeader)} bytes of a payload of {header.Length}";
        }

        byte[] payload = bytes.Slice(sizeof(ReportHeader), header.Length).ToArray();
        fixed (byte* data = payload)
        {
            if (ReportHeader.ChecksumOf(data, payload.Length) != header.Checksum)
            {
                return $"bad checksum of a {header.Kind} record";
            }
        }

        record = new ReportRecord(header.Sequence, header.Kind, payload);
        length = sizeof(ReportHeader) + header.Length;
        return null;
    }
}
