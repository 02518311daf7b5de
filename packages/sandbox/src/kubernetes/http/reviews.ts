import { AccessRequest, Decision } from '../auth/authorizer';
import { ApiError } from '../model/status';
import { UserInfo } from '../types';
import { readBody } from './body';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange } from './objects';

const AUTHZ = 'authorization.k8s.io/v1';
const AUTHN = 'authentication.k8s.io/v1';

const userInfo = ({ username, uid, groups, extra }: UserInfo) => ({
  username,
  ...(uid && { uid }),
  groups,
  ...(extra && { extra }),
});

function accessRequest(spec: any): AccessRequest {
  const { resourceAttributes: r, nonResourceAttributes: n } = spec ?? {};
  if (n) {
    return { verb: n.verb ?? '', path: n.path ?? '' };
  }
  return {
    verb: r?.verb ?? '',
    group: r?.group ?? '',
    resource: r?.resource ?? '',
    subresource: r?.subresource || undefined,
    namespace: r?.namespace || undefined,
    name: r?.name || undefined,
  };
}

const statusOf = ({ allowed, reason }: Decision) => ({
  allowed,
  ...(reason && { reason }),
});

/** Handles the review kinds, which are answered but not stored. */
export class ReviewHandlers {
  constructor(private readonly deps: ApiServerDependencies) {}

  async handle({ request, resource, context }: Exchange): Promise<Answer> {
    const body = ((await readBody(request)) ?? {}) as { spec?: any };
    const { kind } = resource.def;
    const answer = (apiVersion: string, status: unknown): Answer => ({
      code: 201,
      body: {
        kind,
        apiVersion,
        metadata: { creationTimestamp: null },
        ...(body.spec && { spec: body.spec }),
        status,
      },
    });
    switch (kind) {
      case 'SelfSubjectAccessReview':
        return answer(AUTHZ, statusOf(this.decide(context.user, body.spec)));
      case 'SelfSubjectRulesReview':
        return answer(AUTHZ, this.rules(context.user, body.spec?.namespace));
      default:
        return answer(AUTHN, { userInfo: userInfo(context.user) });
    }
  }

  private decide(user: UserInfo, spec: any): Decision {
    if (!spec?.resourceAttributes && !spec?.nonResourceAttributes) {
      throw new ApiError(
        422,
        'Invalid',
        'spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
      );
    }
    return this.deps.authorizer.authorize(user, accessRequest(spec));
  }

  private rules(user: UserInfo, namespace = '') {
    const rules = this.deps.authorizer.rulesFor(user, namespace);
    return {
      incomplete: false,
      resourceRules: rules
        .filter(rule => rule.resources)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames && { resourceNames }),
        })),
      nonResourceRules: rules
        .filter(rule => rule.nonResourceURLs)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    };
  }
}
