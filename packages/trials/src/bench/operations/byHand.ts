/**
 * The lab, command by command, with the real `aws` and `kubectl`. The agent is on the cluster already, as it is for the
 * portal; so the commands that install and remove it are left out. A person who waits for a change waits exactly as long as the
 * sandbox needs: they know its delays, and lose no time with looking whether it has spread.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delays } from 'eks-sandbox';
import { root } from '../../../../../scripts/lib/paths.mjs';
import { run } from '../../../../../scripts/lib/run.mjs';
import { S3_READ } from './demoPortal';

const fileOf = (name: string) =>
  join(root, 'packages/trials/src/bench/operations', name);

export interface Lab {
  env: NodeJS.ProcessEnv;
  cluster: string;
  namespace: string;
  delays: Delays;
  /** From a new association to its injection by every API server, milliseconds. */
  injectedAfter: number;
}

/** @returns the milliseconds from the first command to the end of the last */
export async function labByHand(lab: Lab, name: string): Promise<number> {
  const { env, cluster, namespace, delays, injectedAfter } = lab;
  const folder = mkdtempSync(join(tmpdir(), 'bench-lab-'));
  const trust = fileOf('trust-policy.json');
  const pod = join(folder, 'pod.yaml');
  const template = readFileSync(fileOf('pod.yaml'), 'utf8');
  writeFileSync(
    pod,
    template.replaceAll('NAMESPACE', namespace).replaceAll('NAME', name),
  );
  const role = `bench-${name}`;
  const command = async (program: string, line: string) => {
    const { code, output, stdout } = await run(program, line.split(' '), {
      env,
    });
    if (code !== 0) throw new Error(`${program} ${line}: ${output}`);
    return stdout.trim();
  };
  const aws = (line: string) => command('aws', line);
  const kubectl = (line: string) =>
    command('kubectl', `-n ${namespace} ${line}`);
  const until = (ms: number) => sleep(Math.max(0, ms - performance.now()));
  const start = performance.now();
  try {
    const arn = await aws(
      `iam create-role --role-name ${role} --assume-role-policy-document file://${trust} --query Role.Arn --output text`,
    );
    const roleMade = performance.now();
    await aws(
      `iam attach-role-policy --role-name ${role} --policy-arn ${S3_READ}`,
    );
    await until(roleMade + delays.iam);
    await aws(
      `eks create-pod-identity-association --cluster-name ${cluster} --role-arn ${arn} --namespace ${namespace} --service-account ${name}`,
    );
    await until(performance.now() + injectedAfter);
    await kubectl(`apply -f ${pod}`);
    await kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`);
    const inside = (line: string) => kubectl(`exec ${name} -- ${line}`);
    const caller = await inside('aws sts get-caller-identity');
    if (!caller.includes(`:assumed-role/${role}/`)) throw new Error(caller);
    await inside('aws s3 ls');
    const variables = await inside('env');
    if (!variables.includes('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=')) {
      throw new Error(variables);
    }
    await kubectl(`delete -f ${pod}`);
    const id = await aws(
      `eks list-pod-identity-associations --cluster-name ${cluster} --namespace ${namespace} --service-account ${name} --query associations[0].associationId --output text`,
    );
    await aws(
      `eks delete-pod-identity-association --cluster-name ${cluster} --association-id ${id}`,
    );
    await aws(
      `iam detach-role-policy --role-name ${role} --policy-arn ${S3_READ}`,
    );
    await aws(`iam delete-role --role-name ${role}`);
    return performance.now() - start;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
