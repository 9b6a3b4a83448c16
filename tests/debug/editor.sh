#!/usr/bin/env bash
# Does what an editor does with .vscode/launch.json: starts the task that it names, and attaches a gdb over its machine interface with
# the commands that it lists. Run by run.sh.
set -uo pipefail
cd "$(dirname "$0")/../.."

out=artifacts/test-debug/editor
log=$out/gdb.log
mkdir -p "$out"
. tests/debug/lib.sh

# The values of the launch configuration, one a line behind its key, as shell arguments and as gdb/MI commands.
read_launch() {
    gdb -q -nx -batch -ex "python
import json, os
launch = json.load(open('.vscode/launch.json'))['configurations'].pop()
tasks = {task.get('label'): task for task in json.load(open('.vscode/tasks.json')).get('tasks')}
task = tasks.get(launch.get('preLaunchTask'))
text = lambda value: value.replace('\${workspaceFolder}', os.getcwd())
print('task', task.get('command'), *task.get('args'))
print('ready', task.get('problemMatcher').get('background').get('endsPattern'))
print('mi', '-file-exec-and-symbols ' + text(launch.get('program')))
for command in launch.get('setupCommands'): print('mi', '-interpreter-exec console \"' + text(command.get('text')) + '\"')
print('mi', '-target-select remote ' + text(launch.get('miDebuggerServerAddress')))
for command in launch.get('postRemoteConnectCommands'): print('mi', text(command.get('text')))
"
}

launch=$(read_launch)
task=$(sed -n 's/^task //p' <<<"$launch")
ready=$(sed -n 's/^ready //p' <<<"$launch")

# setsid: it is ended as a group, make and what make runs.
setsid bash -c "$task" >"$out/task.log" 2>&1 </dev/null &
group=$!
trap 'kill -- -$group 2>/dev/null' EXIT
while kill -0 "$group" 2>/dev/null && ! grep -qE "$ready" "$out/task.log"; do sleep 0.2; done
grep -qE "$ready" "$out/task.log"
result "the task says that it is ready" $?

{
    sed -n 's/^mi //p' <<<"$launch"
    echo '-stack-list-frames 0 1'
    echo '-stack-list-arguments 1 0 0'
    echo '-interpreter-exec console "lx cpus"'
    echo '-interpreter-exec console "kill"'
    echo '-gdb-exit'
} | timeout $limit gdb -q -nx --interpreter=mi2 >"$log" 2>&1
result "gdb's exit status" $?
grep -qE '^\^done,stack=\[frame=\{level="0",.*func="[A-Za-z_0-9]*KernelEntry__SystemCall",.*fullname=".*/kernel/arch/x64/entry/KernelEntry\.cs",line="[0-9]+"' "$log"
result "it stops in C# at the place that the configuration names" $?
grep -qE 'name="call",value="[0-9]+"' "$log"
result "with its arguments" $?
grep -qE '^~".*Running .* smoke' "$log"
result "the lx commands are there" $?
wait "$group"
result "the task ends with the guest" $?

finish
