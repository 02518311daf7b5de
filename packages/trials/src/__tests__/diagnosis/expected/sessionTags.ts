import type { Deed } from './expected';

/** Runs the printed command; an AWS CLI before July 2025, as Debian 13 has it, lacks its option. */
export const setSessionTags =
  (on: boolean): Deed =>
  async ({ world, ref, shell, command }) => {
    const { code, stderr } = await shell(command);
    if (code === 0) return command;
    if (!/Unknown options: --(no-)?disable-session-tags/.test(stderr)) {
      throw new Error(stderr);
    }
    const { eks } = world.sandbox.aws;
    const { associationId } = eks
      .associations(ref.cluster)
      .find(one => one.serviceAccount === ref.serviceAccount)!;
    eks.updateAssociation(ref.cluster, associationId, {
      disableSessionTags: !on,
    });
    return `${command} (this AWS CLI is too old for it: turned ${
      on ? 'on' : 'off'
    } in the sandbox)`;
  };
