import { delimiter, dirname } from 'path';
import type {
  MovePlan,
  MoveStage,
  MoveStageId,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessWorld } from '../../inventory/__testUtils__/AccessWorld';
import { ByHand } from '../../inventory/__testUtils__/ByHand';
import { planMove } from '../planMove';
import { REF } from './MoveWorld';
import { programOnPath } from './programOnPath';

/** The plan of the world of a test file, and a person who runs what it prints, with the program on the PATH. */
export function printedPlan(access: () => AccessWorld, ref = REF) {
  const byHand = new ByHand();
  const path = [programOnPath(), dirname(process.execPath)].join(delimiter);
  const plan = (): Promise<MovePlan> => planMove(ref, access().request());
  return {
    byHand,
    plan,
    run: (script: string) =>
      byHand.bash(`export PATH='${path}':"$PATH"\n${script}`),
    stage: async (id: MoveStageId): Promise<MoveStage> =>
      (await plan()).stages.find(one => one.id === id)!,
  };
}
