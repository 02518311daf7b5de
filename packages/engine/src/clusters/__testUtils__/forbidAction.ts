import type { Sandbox } from 'eks-sandbox';

/** Takes an action out of every policy of the portal's read role. */
export function forbidAction(sandbox: Sandbox, action: string): void {
  const arn = sandbox.credentials.roles.read;
  const inline: Record<string, any> = {};
  for (const [name, text] of Object.entries(sandbox.aws.iam.role(arn).inline)) {
    const document = JSON.parse(text);
    const statements = document.Statement.map((statement: any) => ({
      ...statement,
      Action: [statement.Action].flat().filter(one => one !== action),
    })).filter((statement: any) => statement.Action.length > 0);
    if (statements.length > 0) {
      inline[name] = { ...document, Statement: statements };
    }
  }
  sandbox.aws.iam.updateRole(arn, { inline });
}
