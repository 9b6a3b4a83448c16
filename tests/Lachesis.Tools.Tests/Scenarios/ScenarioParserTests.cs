using System;
using System.Linq;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Scenarios.Language;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

public sealed unsafe class ScenarioParserTests
{
    [Fact]
    public void A_task_is_its_own_only_phase_and_loops_for_ever()
    {
        Scenario scenario = Parse("""
            { "global": { "duration": 2, "calibration": "CPU0", "ftrace": "none" }, "tasks": { "t": { "run": 10, "sleep": 20 } } }
            """);

        Assert.Equal(
            ["Run 0 0 10000", "Sleep 0 0 20000", "Activation 0 0 0", $"Repeat 1 0 {ulong.MaxValue}", "End 0 0 0"],
            Operations(scenario));
        Assert.Equal(
            (2_000_000_000ul, SchedulingPolicy.Fair, "some-scenario"), (scenario.DurationNs, scenario.Policy, scenario.Name));
        ScenarioTask task = Assert.Single(scenario.Tasks);
        Assert.Equal((1u, 0ul, ulong.MaxValue), (task.Instances, task.DelayNs, task.CpuMask));
        Assert.Equal((1024u, 0u), (task.Weight, task.SliceNs));
    }

    [Fact]
    public void Phases_follow_each_other_each_as_often_as_its_loop_says() => Assert.Equal(
        [
            "Run 0 0 1000", "Activation 0 0 0", "Repeat 0 0 2",
            "Sleep 0 0 2000", "Activation 0 0 0",
            "Repeat 1 0 4", "End 0 0 0",
        ],
        Operations(Task("""
            "loop": 5, "phases": { "a": { "loop": 3, "run": 1 }, "b": { "sleep": 2 } }
            """)));

    [Fact]
    public void An_event_is_the_longest_one_that_its_key_begins_with_and_may_be_repeated() => Assert.Equal(
        ["Run 0 0 1000", "Runtime 0 0 2000", "Run 0 0 3000", "Run 0 0 4000", "Lock 0 0 0", "Unlock 0 0 0", "Lock 1 0 0"],
        Operations(Task("""
            "loop": 1, "run": 1, "runtime7": 2, "run": 3, "run_b": 4, "lock1": "m", "unlock": "m", "lock2": "n"
            """)).Take(7));

    [Fact]
    public void Waits_syncs_and_suspensions_come_down_to_mutexes_and_conditions() => Assert.Equal(
        [
            "Lock 0 0 0", "Wait 1 0 0", "Unlock 0 0 0",
            "Lock 0 0 0", "Signal 1 0 0", "Wait 1 0 0", "Unlock 0 0 0",
            "Lock 3 0 0", "Wait 2 3 0", "Unlock 3 0 0",
            "Lock 3 0 0", "Broadcast 2 0 0", "Unlock 3 0 0",
        ],
        Operations(Task("""
            "loop": 1, "lock": "m", "wait": { "ref": "c", "mutex": "m" }, "unlock": "m", "sync": { "ref": "c", "mutex": "m" },
            "suspend": "", "resume": "t"
            """)).Take(13));

    [Fact]
    public void A_sync_takes_its_mutex_only_if_the_task_does_not_hold_it() => Assert.Equal(
        ["Lock 0 0 0", "Signal 1 0 0", "Wait 1 0 0", "Unlock 0 0 0", "Activation 0 0 0"],
        Operations(Task("""
            "loop": 1, "lock": "m", "sync": { "ref": "c", "mutex": "m" }, "unlock": "m"
            """)).Take(5));

    [Fact]
    public void Timers_that_begin_with_unique_are_the_threads_own() => Assert.Equal(
        ["OwnTimer 0 0 1000", "OwnTimer 1 0 2000", "OwnTimer 0 0 3000", "Timer 0 0 4000", "Timer 1 0 5000"],
        Operations(Task("""
            "loop": 1, "timer": { "ref": "unique", "period": 1 }, "timer2": { "ref": "uniqueB", "period": 2, "mode": "absolute" },
            "timer3": { "ref": "unique", "period": 3 }, "timer4": { "ref": "shared", "period": 4 }, "timer5": { "period": 5 }
            """)).Take(5));

    [Fact]
    public void A_barrier_waits_for_every_thread_that_names_it()
    {
        Scenario scenario = Parse("""
            { "global": { "duration": 1 }, "tasks": { "a": { "instance": 3, "barrier": "b" }, "c": { "barrier": "b" } } }
            """);
        Assert.Equal(2, Operations(scenario).Count(static operation => operation == "Barrier 0 4 0"));
    }

    [Theory]
    [InlineData("\"nice\": 5", 335u, 1u, 0u, SchedulingPolicy.Fair)]
    [InlineData("\"priority\": -19", 71755u, 1u, 0u, SchedulingPolicy.Fair)]
    [InlineData("\"weight\": 2, \"request\": 200", 2u, 1u, 200_000u, SchedulingPolicy.Fair)]
    [InlineData("\"dl-runtime\": 100", 1024u, 1u, 100_000u, SchedulingPolicy.Fair)]
    [InlineData("\"policy\": \"SCHED_IDLE\"", 3u, 0u, 0u, SchedulingPolicy.Fair)]
    [InlineData("\"policy\": \"SCHED_RR\"", 1024u, 11u, 0u, SchedulingPolicy.Priority)]
    [InlineData("\"policy\": \"SCHED_FIFO\", \"priority\": 99", 1024u, 100u, 0u, SchedulingPolicy.Priority)]
    public void Scheduling_keys_become_the_kernels_parameters(
        string keys, uint weight, uint priority, uint request, SchedulingPolicy policy)
    {
        Scenario scenario = Task(keys + ", \"loop\": 1, \"run\": 1");
        ScenarioTask task = scenario.Tasks[0];
        Assert.Equal((weight, priority, request), (task.Weight, task.Priority, task.SliceNs));
        Assert.Equal(policy, scenario.Policy);
    }

    [Fact]
    public void A_phase_changes_what_it_says_and_goes_back_to_the_cpus_of_its_task() => Assert.Equal(
        [
            "Affinity 0 0 1", "Schedule 0 0 820", "Run 0 0 1000", "Activation 0 0 0",
            "Affinity 0 0 6", "Run 0 0 1000", "Activation 0 0 0", "End 0 0 0",
        ],
        Operations(Task("""
            "loop": 1, "cpus": [1, 2], "phases": { "a": { "cpus": [0], "nice": 1, "run": 1 }, "b": { "run": 1 } }
            """)));

    [Theory]
    [InlineData("[]", "must be an object with the fields tasks, global, resources")]
    [InlineData("{}", "the field 'tasks' is missing")]
    [InlineData("{ \"tasks\": {} }", "tasks: 0 tasks; allowed: 1 to 4096")]
    [InlineData("{ \"tasks\": [] }", "tasks: must be an object: tasks by name")]
    [InlineData("{ \"task\": {} }", "'task' is not a field; allowed: tasks, global, resources")]
    [InlineData("{ \"tasks\": { \"t\": 3 } }", "tasks.t: must be an object: a task's properties and events")]
    [InlineData(
        "{ \"tasks\": { \"t\": { \"run\": 1 } } }",
        "tasks: 't' loops for ever: give it a 'loop', or 'global' a 'duration'")]
    [InlineData("{ \"tasks\": { \"t\": { \"run\": 1 }, \"t\": {} } }", "tasks.t: a task of this name occurs twice")]
    [InlineData(
        "{ \"global\": { \"duration\": 0 }, \"tasks\": {} }",
        "global.duration: must be -1 (until all have ended) or at least")]
    [InlineData(
        "{ \"global\": { \"duration\": \"5\" }, \"tasks\": {} }",
        "global.duration: \"5\" is not a number from -1 to 1000000")]
    [InlineData(
        "{ \"global\": { \"foo\": 1 }, \"tasks\": {} }",
        "global: 'foo' is not a field; allowed: duration, default_policy")]
    [InlineData(
        "{ \"global\": { \"pi_enabled\": true }, \"tasks\": {} }",
        "global.pi_enabled: mutexes have no priority inheritance yet")]
    [InlineData(
        "{ \"global\": { \"default_policy\": \"SCHED_DEADLINE\" }, \"tasks\": {} }",
        "global.default_policy: SCHED_DEADLINE is refused: the kernel has no deadline class yet")]
    [InlineData(
        "{ \"tasks\": { \"a\": { \"loop\": 1, \"fork\": \"b\" }, \"b\": { \"loop\": 1, \"barrier\": \"x\" } } }",
        "tasks: 'b' is forked and meets others at a barrier: how many would come is not known")]
    [InlineData(
        "{ \"tasks\": { \"a\": { \"instance\": 0, \"loop\": 1, \"run\": 1 } } }",
        "tasks: 0 threads start with the scenario")]
    [InlineData(
        "{ \"tasks\": { \"a\": { \"instance\": 4000, \"loop\": 1, \"run\": 1 }, \"b\": { \"instance\": 97, \"loop\": 1, \"run\": 1 } } }",
        "tasks: 4097 threads start with the scenario; allowed: 1 to 4096")]
    public void The_shape_is_checked(string json, string error) =>
        Assert.StartsWith(error, ErrorOf(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"rum\": 1", "tasks.t.rum: is not a property or event; allowed: instance, delay, phases, loop, cpus,")]
    [InlineData("\"a\\nb\": 1", "tasks.t.a?b: is not a property or event")]
    [InlineData("\"mem\": 1", "tasks.t.mem: 'mem' is refused: memory traffic is not modelled; use 'run'")]
    [InlineData("\"iorun2\": 1", "tasks.t.iorun2: 'iorun' is refused: there are no devices to write to")]
    [InlineData("\"dl-period\": 1", "tasks.t.dl-period: 'dl-period' is refused: the kernel has no deadline class yet")]
    [InlineData(
        "\"policy\": \"SCHED_DEADLINE\"",
        "tasks.t.policy: SCHED_DEADLINE is refused: the kernel has no deadline class yet")]
    [InlineData(
        "\"policy\": \"FIFO\"",
        "tasks.t.policy: 'FIFO' is not a policy; allowed: SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_RR, SCHED_FIFO")]
    [InlineData(
        "\"latency_nice\": 1",
        "tasks.t.latency_nice: 'latency_nice' is refused: say the length of the task's requests, 'request'")]
    [InlineData("\"util_min\": 1", "tasks.t.util_min: 'util_min' is refused: there is one CPU frequency")]
    [InlineData("\"run\": -2", "tasks.t.run: -2 is not a whole number from -1 to 2147483647")]
    [InlineData("\"taskgroup\": \"/a\", \"run\": 1", "tasks.t.taskgroup: there are no groups of tasks")]
    [InlineData("\"run\",", "tasks.t.run: \"\" is not a whole number")]
    [InlineData("\"\\ud800\": 1", "tasks.t: a key is not valid Unicode")]
    [InlineData("\"lag\": 1, \"delay\": 1", "tasks.t.lag: only tasks that start with the scenario, without a delay")]
    [InlineData("\"vruntime\": 1, \"instance\": 0", "tasks.t.vruntime: only tasks that start with the scenario")]
    [InlineData("\"lag\": 1, \"vruntime\": 1", "tasks.t.lag: either 'lag' or 'vruntime', not both")]
    [InlineData("\"lag\": 100001", "tasks.t.lag: 100001 is not a whole number from -100000 to 100000")]
    [InlineData("\"weight\": 2048, \"vruntime\": 50001", "tasks.t.vruntime: 50001 is not a whole number from -50000 to 50000")]
    [InlineData("\"vruntime\": 5, \"vdeadline\": 5", "tasks.t.vdeadline: a virtual deadline is later than the virtual runtime")]
    [InlineData("\"run\": \"1\"", "tasks.t.run: \"1\" is not a whole number")]
    [InlineData("\"run\": 1.5", "tasks.t.run: 1.5 is not a whole number")]
    [InlineData("\"lock\": 3", "tasks.t.lock: must be a string")]
    [InlineData("\"wait\": \"c\"", "tasks.t.wait: must be an object with the fields ref, mutex")]
    [InlineData("\"wait\": { \"ref\": \"c\" }", "tasks.t.wait: the field 'mutex' is missing")]
    [InlineData("\"timer\": { \"ref\": \"a\" }", "tasks.t.timer: the field 'period' is missing")]
    [InlineData("\"timer\": { \"period\": 0 }", "tasks.t.timer.period: 0 is not a whole number from 1 to 2147483647")]
    [InlineData(
        "\"timer\": { \"period\": 1, \"mode\": \"x\" }",
        "tasks.t.timer.mode: 'x' is not a mode; allowed: relative, absolute")]
    [InlineData("\"fork\": \"nobody\"", "tasks.t.fork: 'nobody' is not a task; allowed: t")]
    [InlineData("\"loop\": 0", "tasks.t: 'loop' is 0: nothing would be done; allowed: -1 (for ever) or at least 1")]
    [InlineData("\"loop\": 1, \"loop\": 2", "tasks.t.loop: occurs twice")]
    [InlineData("\"loop\": -1, \"yield\": \"\"", "tasks.t: loops for ever without time passing")]
    [InlineData("\"instance\": 4097", "tasks.t.instance: 4097 is not a whole number from 0 to 4096")]
    [InlineData("\"cpus\": []", "tasks.t.cpus: 0 entries; allowed: 1 to 64")]
    [InlineData("\"cpus\": [64]", "tasks.t.cpus[0]: 64 is not a whole number from 0 to 63")]
    [InlineData("\"nice\": 20", "tasks.t.nice: 20 is not a whole number from -20 to 19")]
    [InlineData("\"nice\": 1, \"weight\": 2", "tasks.t.weight: either 'weight' or 'nice', not both")]
    [InlineData("\"nice\": 1, \"priority\": 2", "tasks.t.priority: either 'priority' or 'nice', not both")]
    [InlineData("\"policy\": \"SCHED_RR\", \"nice\": 2", "tasks.t.nice: only tasks of SCHED_OTHER have a nice value")]
    [InlineData("\"policy\": \"SCHED_RR\", \"priority\": 0", "tasks.t.priority: 0 is not a whole number from 1 to 99")]
    [InlineData("\"request\": 99", "tasks.t.request: 99 is not a whole number from 100 to 100000")]
    [InlineData("\"request\": 100, \"dl-runtime\": 100", "tasks.t.dl-runtime: either 'dl-runtime' or 'request', not both")]
    [InlineData("\"quantum\": 9", "tasks.t.quantum: 9 is not a whole number from 10 to 1000000")]
    [InlineData("\"phases\": {}", "tasks.t.phases: at least one phase is needed")]
    [InlineData("\"phases\": { \"p\": 1 }", "tasks.t.phases.p: must be an object: a phase")]
    [InlineData("\"phases\": { \"p\": { \"run\": 1 } }, \"run\": 1", "tasks.t.run: a task with 'phases' has its events in them")]
    [InlineData(
        "\"phases\": { \"p\": { \"instance\": 1 } }",
        "tasks.t.phases.p.instance: is not a property or event; allowed: loop, cpus,")]
    public void Tasks_are_checked(string content, string error) =>
        Assert.StartsWith(error, ErrorOf($$"""{ "tasks": { "t": { {{content}} } } }"""), StringComparison.Ordinal);

    [Fact]
    public void A_run_without_end_needs_a_duration()
    {
        Assert.StartsWith(
            "tasks: 't' has no end, as 'run': -1 never ends: give it another one, or 'global' a 'duration'",
            ErrorOf("""{ "tasks": { "t": { "loop": 1, "run": -1 } } }"""), StringComparison.Ordinal);
        Assert.Equal(
            $"Run 0 0 {ScenarioLimits.MaxTimeNs}",
            Operations(Parse("""{ "global": { "duration": 1 }, "tasks": { "t": { "run": -1 } } }""")).First());
    }

    [Fact]
    public void What_rt_app_also_takes_is_taken()
    {
        Scenario scenario = Parse("""
            { "global": { "duration": 1, "logstats": true },
              "tasks": { "t": { "policy": "SCHED_BATCH", "nice": 5, "taskgroup": "", "sem_post": "s", "sem_wait2": "s",
                  "suspend", /* as in its examples */ "run": 1 /**/, "resume" } } }
            """);
        Assert.Equal(
            [
                "SemaphorePost 0 0 0", "SemaphoreWait 0 0 0", "Lock 2 0 0", "Wait 1 2 0", "Unlock 2 0 0", "Run 0 0 1000", "Lock 2 0 0",
                "Broadcast 1 0 0", "Unlock 2 0 0",
            ],
            Operations(scenario).Take(9));
        Assert.Equal((335u, SchedulingPolicy.Fair), (scenario.Tasks[0].Weight, scenario.Policy));
    }

    [Fact]
    public void A_task_that_is_forked_does_not_say_where_it_begins() => Assert.StartsWith(
        "tasks: 'b' is forked, and says where it begins under the fair policy",
        ErrorOf("""{ "tasks": { "a": { "loop": 1, "fork": "b" }, "b": { "loop": 1, "run": 1, "lag": 5 } } }"""),
        StringComparison.Ordinal);

    [Fact]
    public void There_may_be_as_many_resources_as_a_file_names()
    {
        string pairs = string.Join(
            ", ", Enumerable.Range(0, 42).Select(static i =>
                $$""" "w{{i}}": { "loop": 1, "resume": "s{{i}}" }, "s{{i}}": { "loop": 1, "suspend": "" } """));
        Assert.Equal(84, Parse($$"""{ "tasks": { {{pairs}} } }""").ResourceNames.Count);
        string mutexes = string.Join(
            ", ", Enumerable.Range(0, 5000).Select(static i => $"\"lock\": \"{i}\", \"unlock\": \"{i}\""));
        Assert.Equal(5000, Task("\"loop\": 1, " + mutexes).ResourceNames.Count);
    }

    [Fact]
    public void A_task_needs_one_of_the_cpus_of_the_run()
    {
        Scenario scenario = Task("\"loop\": 1, \"cpus\": [2], \"run\": 1");
        scenario.CheckCpus(3);
        string message = Assert.Throws<ManifestException>(() => scenario.CheckCpus(2)).Message;
        Assert.Equal($"{Source}: tasks.t.cpus: none of these CPUs is among the 2 of the run", message);
    }

    [Fact]
    public void What_is_compiled_is_sound_and_no_damage_makes_the_runner_look_outside()
    {
        byte[] program = Task("\"loop\": 2, \"run\": 1, \"lock\": \"m\", \"unlock\": \"m\", \"timer\": { \"period\": 3 }")
            .Encode(SchedulingPolicy.Fair);
        Assert.True(IsSound(program));
        Assert.False(IsSound(program[..^1]));
        Prop.ForAll(
            Gen.Choose(0, program.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(),
            (at, value) =>
            {
                byte[] damaged = [.. program];
                damaged[at] = (byte)value;
                IsSound(damaged);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    // In memory of exactly its size, so that reading on would be noticed by whoever watches; here it must not crash.
    private static bool IsSound(byte[] program)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)program.Length);
        program.CopyTo(new Span<byte>(copy, program.Length));
        bool sound = ScenarioContext.IsValid((ScenarioHeader*)copy, (ulong)program.Length);
        NativeMemory.Free(copy);
        return sound;
    }
}
