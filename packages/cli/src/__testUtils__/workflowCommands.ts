/** A command of a workflow that a runner would carry out. */
export interface WorkflowCommand {
  name: string;
  properties: string;
  data: string;
}

/**
 * The commands in what a step has written, as a runner of GitHub reads its lines by `ActionCommand.cs` and
 * `ActionCommandManager.cs`: commands of both forms, and none between "stop-commands" and its token.
 */
export function workflowCommands(text: string): WorkflowCommand[] {
  const commands: WorkflowCommand[] = [];
  let token: string | undefined;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const second = /^\s*::([^:\s]+)(?: ([^:]*))?::(.*)$/.exec(line);
    const first = /##\[([^\]\s]+)(?: ([^\]]*))?\](.*)$/.exec(line);
    const [, name, properties = '', data = ''] = second ?? first ?? [];
    if (name === undefined) continue;
    if (token !== undefined) {
      if (name === token) token = undefined;
    } else if (name === 'stop-commands') {
      token = data;
    } else {
      commands.push({ name, properties, data });
    }
  }
  return commands;
}
