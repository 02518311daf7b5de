import { realBash } from '../../verification/__testUtils__/bash';
import type { AccessWorld } from './AccessWorld';

const KUBECONFIG = `
aws eks update-kubeconfig --name payments-prod --region eu-west-1
kubectl config set-credentials admin --token="$(aws eks get-token --cluster-name payments-prod --region eu-west-1 --query status.token --output text)"
kubectl config set-context --current --user=admin
`;

/** Moves service accounts as a person does, by aws and kubectl; made outside of hooks, because it adds its own. */
export class ByHand {
  readonly #run = realBash();
  #access!: AccessWorld;

  async start(access: AccessWorld): Promise<void> {
    this.#access = access;
    await this.bash(KUBECONFIG);
  }

  /** As an administrator of the account and of the cluster. */
  async bash(script: string) {
    const { sandbox } = this.#access.world;
    const ran = await this.#run(sandbox, sandbox.credentials.admin, script);
    if (ran.code) throw new Error(ran.stderr);
    return ran;
  }

  /** The aws of the machine may be too old to know the option of tags, so that EKS is asked without it. */
  async associate(name: string, roleArn: string, sessionTags = true) {
    if (!sessionTags) {
      this.#access.associate(name, roleArn, true);
      return;
    }
    await this
      .bash(`aws eks create-pod-identity-association --region eu-west-1 \\
  --cluster-name payments-prod --namespace shop --service-account ${name} \\
  --role-arn ${roleArn}`);
  }

  /** Adds a statement to the trust policy of a role. */
  async addStatement(role: string, statement: object) {
    const { stdout } = await this.bash(
      `aws iam get-role --region eu-west-1 --role-name ${role} --query Role.AssumeRolePolicyDocument --output json`,
    );
    const policy = JSON.parse(stdout);
    policy.Statement.push(statement);
    await this
      .bash(`aws iam update-assume-role-policy --region eu-west-1 --role-name ${role} \\
  --policy-document '${JSON.stringify(policy)}'`);
  }

  /** What the pod of a workload printed last; undefined until it has. */
  async printed(
    name: string,
    namespace = 'shop',
  ): Promise<{ pod: string; last?: string }> {
    const kube = this.#access.world.kube();
    const pod =
      kube
        .list('pods', namespace)
        .find(
          ({ metadata, spec }) =>
            [spec.serviceAccountName, metadata.labels?.app].includes(name) &&
            !metadata.deletionTimestamp,
        )?.metadata.name ?? '';
    const lines = (await kube.log(namespace, pod)).trim().split('\n');
    return { pod, last: lines.at(-1) || undefined };
  }

  /** Associates a service account with its role, restarts its workload, and returns what the new pod printed last. */
  async moved(name: string, roleArn: string, sessionTags = true) {
    await this.associate(name, roleArn, sessionTags);
    await this.#access.effective(name);
    return this.restarted(name);
  }

  /** Restarts a workload, and returns what the new pod printed last. */
  async restarted(name: string): Promise<string> {
    const before = await this.printed(name);
    await this.bash(`kubectl -n shop rollout restart deployment/${name}
kubectl -n shop rollout status deployment/${name}`);
    return this.printedBy(name, { notBy: before.pod });
  }

  /** What a pod of a workload printed last, once it has; not that of an earlier one. */
  async printedBy(
    name: string,
    { notBy = '', namespace = 'shop' } = {},
  ): Promise<string> {
    for (;;) {
      const { pod, last } = await this.printed(name, namespace);
      if (pod !== notBy && last) return last;
      await this.#access.world.sandbox.clock.advance(1_000);
    }
  }
}
