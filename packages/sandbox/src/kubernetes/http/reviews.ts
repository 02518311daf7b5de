import { AccessRequest, Decision } from '../auth/authorizer';
import { fieldErrors, invalid } from '../model/status';
import { isoTime, UserInfo } from '../types';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange } from './objects';
import { readVirtual } from './virtual';

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

  async handle(exchange: Exchange): Promise<Answer> {
    const { resource, context } = exchange;
    const review = await readVirtual(this.deps, exchange, resource.def);
    const status = this.statusFor(review, context.user);
    if (review.kind === 'SelfSubjectReview') {
      review.metadata.creationTimestamp = isoTime(this.deps.core.clock.now());
    }
    return { code: 201, body: { ...review, status } };
  }

  private statusFor(
    { kind, spec }: { kind: string; spec?: any },
    user: UserInfo,
  ) {
    switch (kind) {
      case 'SelfSubjectAccessReview':
        return statusOf(this.decide(user, spec));
      case 'SelfSubjectRulesReview':
        return this.rules(user, spec?.namespace);
      default:
        return { userInfo: userInfo(user) };
    }
  }

  private decide(user: UserInfo, spec: any): Decision {
    const { resourceAttributes, nonResourceAttributes } = spec ?? {};
    if (Boolean(resourceAttributes) === Boolean(nonResourceAttributes)) {
      throw invalid('authorization.k8s.io', '', '', [
        resourceAttributes
          ? fieldErrors.invalid(
              'spec.nonResourceAttributes',
              nonResourceAttributes,
              'cannot be specified in combination with resourceAttributes',
            )
          : fieldErrors.invalid(
              'spec.resourceAttributes',
              null,
              'exactly one of nonResourceAttributes or resourceAttributes must be specified',
            ),
      ]);
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
