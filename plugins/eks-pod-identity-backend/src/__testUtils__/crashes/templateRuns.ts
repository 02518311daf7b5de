import type { ReplicaProcess } from '../replicaProcesses';
import type { Subject } from './Subject';

/** Runs the template of `portalProcess.ts` for the subject; answers the id of the task. */
export async function startTask(
  replica: ReplicaProcess,
  { cluster, name }: Subject,
): Promise<string> {
  const answer = await replica.fetch(`${replica.url}/api/scaffolder/v2/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      templateRef: 'template:default/give-and-prove',
      values: { cluster, name },
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).id;
}

/** How the run ended: what its page shows. */
export async function endOfTask(
  replica: ReplicaProcess,
  taskId: string,
): Promise<{ status: string; output?: unknown; error?: unknown }> {
  const url = `${replica.url}/api/scaffolder/v2/tasks/${taskId}`;
  for (;;) {
    const { status } = await (await replica.fetch(url)).json();
    if (!['open', 'processing'].includes(status)) {
      const events = await (await replica.fetch(`${url}/events`)).json();
      const end = events.findLast(
        (event: { type: string }) => event.type === 'completion',
      );
      return { status, output: end?.body.output, error: end?.body.error };
    }
    await new Promise(resolve => {
      setTimeout(resolve, 200);
    });
  }
}
