import { mayProbeAny, probeRight, type ProbeRight } from '../../guardrails';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, known, lacking, valueOf } from '../framework/fact';

/** Without the association nothing says whose identity it is, which matters for some. */
async function rightsIn(c: Collecting): Promise<Fact<ProbeRight>> {
  const { claimant } = c.operation;
  if (!claimant || mayProbeAny(claimant)) return known({});
  const association = await c.get('association');
  if (!association.known) return association;
  const { ref } = c.request;
  return known(
    await probeRight(
      {
        ref,
        portalId: c.operation.config.portalId,
        guardrails: c.read.cluster.guardrails,
        tags: association.value?.tags,
        roleTags: async () => {
          if (!association.value?.targetRoleArn) {
            return valueOf(await c.get('role'))?.tags;
          }
          const target = valueOf(await c.get('targetRole'));
          return target ? valueOf(target.role)?.tags : undefined;
        },
      },
      c.operation,
    ),
  );
}

const asFact = (right: Fact<ProbeRight>, why: keyof ProbeRight): Fact<true> => {
  if (!right.known) return right;
  const sentence = right.value[why];
  return sentence ? lacking({ kind: 'withheld', sentence }) : known<true>(true);
};

/** Whether the user who asks may have a pod under this identity. */
export const collectMayRun: Collector<'mayRun'> = async c =>
  asFact(await rightsIn(c), 'noPod');

/** Whether that pod may try commands. */
export const collectMayTest: Collector<'mayTest'> = async c =>
  asFact(await rightsIn(c), 'noTests');
