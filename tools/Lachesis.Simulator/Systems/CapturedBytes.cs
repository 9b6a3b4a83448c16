using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Simulator;

/// <summary>What the kernel wrote to the log or to the report channel.</summary>
public sealed unsafe class CapturedBytes
{
    private readonly List<byte> _bytes = [];

    /// <summary>One record of the report channel.</summary>
    public readonly record struct Record(ReportHeader Header, byte[] Payload)
    {
        /// <summary>The value at the payload's start.</summary>
        public long Value => MemoryMarshal.Read<long>(Payload);
    }

    /// <summary>How many bytes there are.</summary>
    public int Count => _bytes.Count;

    /// <summary>The bytes as text.</summary>
    public string Text => Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_bytes));

    /// <summary>The bytes as records.</summary>
    public IReadOnlyList<Record> Records
    {
        get
        {
            var records = new List<Record>();
            for (int at = 0; at < _bytes.Count;)
            {
                ReportHeader header = MemoryMarshal.Read<ReportHeader>(CollectionsMarshal.AsSpan(_bytes)[at..]);
                at += sizeof(ReportHeader);
                records.Add(new Record(header, _bytes.GetRange(at, header.Length).ToArray()));
                at += header.Length;
            }

            return records;
        }
    }

    internal void Append(byte* data, ulong bytes)
    {
        for (ulong i = 0; i < bytes; i++)
        {
            _bytes.Add(data[i]);
        }
    }
}
