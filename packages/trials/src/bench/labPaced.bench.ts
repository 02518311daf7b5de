/**
 * The portal's part of the lab while IAM throttles by a token bucket of each assumed size, once its pace has learnt that:
 * on an idle account, whose bucket is full, and directly after another lifecycle.
 */
import { reportPace } from '../../../engine/src/aws/__testUtils__/pacedLifecycles';
import * as output from '../../../../scripts/lib/output.mjs';
import * as demo from './operations/demoPortal';

demo.benchmarkDemo(async ({ clientOf, ...portal }) => {
  const ana = await clientOf(demo.USERS.ana);
  const carryOut = (one: any) => demo.carryOut(ana, one);
  await reportPace(output, { ...portal, requests: demo.labRequests, carryOut });
});
