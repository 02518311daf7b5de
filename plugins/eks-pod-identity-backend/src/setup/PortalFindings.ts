import type {
  AuthService,
  RootConfigService,
  RootInstanceMetadataService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  PERMISSIONS_PAGE,
  type PortalFinding,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters, EngineConfig } from 'eks-pod-identity-engine';

/** Templates that the pages link to, with the namespace that their links have. */
const TEMPLATES = {
  changes: [
    'template:default/give-a-component-an-aws-identity',
    'template:default/remove-aws-identity',
  ],
  always: ['template:default/verify-aws-identity'],
};

export interface PortalFindingsOptions {
  auth: AuthService;
  catalog: CatalogService;
  clusters: Clusters;
  config: EngineConfig;
  docsUrl: string;
  instance: RootInstanceMetadataService;
  rootConfig: RootConfigService;
}

const isLocal = (url: string) =>
  /^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname);

const yaml = (text: string) => ({ language: 'yaml', text });

/** What the portal itself lacks, beside its rights on the clusters. */
export class PortalFindings {
  readonly #options: PortalFindingsOptions;

  constructor(options: PortalFindingsOptions) {
    this.#options = options;
  }

  async all(): Promise<PortalFinding[]> {
    const { plugins } = await this.#options.instance
      .getInstalledPlugins()
      .then(installed => ({ plugins: installed }));
    const ids = new Set(plugins.map(({ pluginId }) => pluginId));
    return [
      this.#portalId(),
      this.#permissions(),
      this.#administrators(),
      await this.#templates(),
      this.#docs(),
      this.#plugin(
        'notifications',
        ids,
        'owners are not notified when an identity breaks',
      ),
      this.#plugin(
        'signals',
        ids,
        'open cards change only when they are loaded again',
      ),
    ];
  }

  #portalId(): PortalFinding {
    const { config, rootConfig } = this.#options;
    const isChosen = rootConfig.has('eksPodIdentity.portalId');
    if (isChosen || !isLocal(config.appBaseUrl)) {
      return {
        id: 'portal-id',
        status: 'pass',
        message: `Everything that this portal makes is marked with ${config.portalId}.`,
      };
    }
    return {
      id: 'portal-id',
      status: 'fail',
      message: `The portal is marked as ${config.portalId}, as every portal on a developer's machine is.`,
      fix: {
        cause:
          'Without eksPodIdentity.portalId it is the host of app.baseUrl. Portals of one name in one account take each other’s identities for their own.',
        actions: [
          'Choose a name before the first identity: what was made under another is not recognised.',
        ],
        snippet: yaml('eksPodIdentity:\n  portalId: portal.example.com'),
      },
    };
  }

  #permissions(): PortalFinding {
    const { rootConfig } = this.#options;
    return rootConfig.getOptionalBoolean('permission.enabled')
      ? {
          id: 'permissions',
          status: 'pass',
          message: 'The permission framework is on.',
        }
      : {
          id: 'permissions',
          status: 'fail',
          message:
            'The permission framework is off: every user may see every AWS identity, and give one to any service account that has none, within the guardrails.',
          fix: {
            cause: 'permission.enabled is not true.',
            actions: [
              `Switch it on, and let the policy of your portal limit the permissions of ${
                this.#options.config.permissionsUrl ?? PERMISSIONS_PAGE
              }#backstage-permissions.`,
            ],
            snippet: yaml('permission:\n  enabled: true'),
          },
        };
  }

  #administrators(): PortalFinding {
    const { administrators } = this.#options.config;
    return administrators.length
      ? {
          id: 'administrators',
          status: 'pass',
          message: `Administrators: ${administrators.join(', ')}.`,
        }
      : {
          id: 'administrators',
          status: 'fail',
          message:
            'The portal has no administrators: identities whose component is gone cannot be removed, and this page has no readers.',
          fix: {
            cause: 'eksPodIdentity.administrators is empty.',
            actions: ['Name users or groups.'],
            snippet: yaml(
              'eksPodIdentity:\n  administrators:\n    - group:default/platform',
            ),
          },
        };
  }

  async #templates(): Promise<PortalFinding> {
    const { auth, catalog, clusters } = this.#options;
    const entityRefs = [
      ...TEMPLATES.always,
      ...(clusters.list().some(({ allow }) => allow.changes)
        ? TEMPLATES.changes
        : []),
    ];
    const found = await catalog
      .getEntitiesByRefs(
        { entityRefs, fields: ['kind'] },
        { credentials: await auth.getOwnServiceCredentials() },
      )
      .catch(() => undefined);
    if (!found) {
      return {
        id: 'templates',
        status: 'unknown',
        message: 'The catalog did not say whether it has the templates.',
      };
    }
    const missing = entityRefs.filter((_, index) => !found.items[index]);
    return missing.length === 0
      ? {
          id: 'templates',
          status: 'pass',
          message: `The catalog has ${entityRefs.join(', ')}.`,
        }
      : {
          id: 'templates',
          status: 'fail',
          message: `The catalog lacks ${missing.join(
            ', ',
          )}, to which buttons of the pages lead.`,
          fix: {
            cause: 'The templates are not registered, or under other names.',
            actions: [
              'Register the templates of the scaffolder module, or your copy of them under the same names.',
            ],
            snippet: yaml(
              'catalog:\n  locations:\n    - type: file\n      target: ../../node_modules/backstage-plugin-scaffolder-backend-module-eks-pod-identity/templates/all.yaml\n      rules:\n        - allow: [Location, Template]',
            ),
          },
        };
  }

  /** The page is for browsers: whether one gets to it, and what is there, is not seen from here. */
  #docs(): PortalFinding {
    const { config, docsUrl } = this.#options;
    const snippet = yaml(
      'eksPodIdentity:\n  docsUrl: https://docs.example.com/checks',
    );
    if (docsUrl.includes('#')) {
      return {
        id: 'docs',
        status: 'fail',
        message: `Findings link to ${docsUrl}, and no link finds its heading.`,
        fix: {
          cause:
            'eksPodIdentity.docsUrl has an anchor, and each finding adds its own.',
          actions: [
            'Set the address of the page, without "#" and what follows.',
          ],
          snippet,
        },
      };
    }
    if (isLocal(docsUrl) && !isLocal(config.appBaseUrl)) {
      return {
        id: 'docs',
        status: 'fail',
        message: `Findings link to ${docsUrl}, which points to each reader's own computer.`,
        fix: {
          cause: 'eksPodIdentity.docsUrl names localhost.',
          actions: [
            'Name a page that your users reach, or leave the setting out: the portal has a page of its own.',
          ],
          snippet,
        },
      };
    }
    return {
      id: 'docs',
      status: 'unknown',
      url: docsUrl,
      message: `Findings link to ${docsUrl}. Open it once: the portal cannot tell whether your browser reaches it. ${
        config.docsUrl
          ? 'It needs the headings of docs/checks.md.'
          : 'It is the portal’s own page, which an app on the old frontend system has to mount; eksPodIdentity.docsUrl names another.'
      }`,
    };
  }

  /** Beside this plugin; a portal may run others in a backend of their own. */
  #plugin(
    id: 'notifications' | 'signals',
    installed: ReadonlySet<string>,
    consequence: string,
  ): PortalFinding {
    if (installed.has(id)) {
      return { id, status: 'pass', message: `The ${id} backend is installed.` };
    }
    const isSplit = this.#options.rootConfig.has('discovery.endpoints');
    return {
      id,
      status: isSplit ? 'unknown' : 'fail',
      message: isSplit
        ? `The ${id} backend is not in this process; discovery.endpoints says that others exist, which this plugin cannot ask.`
        : `The ${id} backend is not installed: ${consequence}.`,
      fix: {
        cause: `The backend does not add @backstage/plugin-${id}-backend.`,
        actions: ['Add it to packages/backend/src/index.ts.'],
        snippet: {
          language: 'ts',
          text: `backend.add(import('@backstage/plugin-${id}-backend'));`,
        },
      },
    };
  }
}
