/** An add-on that EKS offers. */
export interface CatalogueAddon {
  addonName: string;
  namespace: string;
  /** Newest first, with the Kubernetes versions each supports and those it is the default for. */
  versions: { version: string; kubernetes: string[]; defaultFor: string[] }[];
}

const KUBERNETES = ['1.30', '1.31', '1.32', '1.33', '1.34'];

/** The agent, and the add-ons that nearly every cluster has. */
const ADDON_CATALOGUE: CatalogueAddon[] = [
  {
    addonName: 'aws-ebs-csi-driver',
    namespace: 'kube-system',
    versions: [
      { version: 'v1.48.0-eksbuild.1', kubernetes: KUBERNETES, defaultFor: [] },
      {
        version: 'v1.47.0-eksbuild.1',
        kubernetes: KUBERNETES,
        defaultFor: KUBERNETES,
      },
    ],
  },
  {
    addonName: 'coredns',
    namespace: 'kube-system',
    versions: [
      {
        version: 'v1.12.4-eksbuild.1',
        kubernetes: ['1.33', '1.34'],
        defaultFor: ['1.33', '1.34'],
      },
      {
        version: 'v1.11.4-eksbuild.2',
        kubernetes: ['1.30', '1.31', '1.32'],
        defaultFor: ['1.30', '1.31', '1.32'],
      },
    ],
  },
  {
    addonName: 'eks-pod-identity-agent',
    namespace: 'kube-system',
    versions: [
      { version: 'v1.3.9-eksbuild.3', kubernetes: KUBERNETES, defaultFor: [] },
      {
        version: 'v1.3.8-eksbuild.2',
        kubernetes: KUBERNETES,
        defaultFor: KUBERNETES,
      },
      { version: 'v1.3.4-eksbuild.1', kubernetes: KUBERNETES, defaultFor: [] },
      {
        version: 'v1.2.0-eksbuild.1',
        kubernetes: ['1.30', '1.31'],
        defaultFor: [],
      },
    ],
  },
  {
    addonName: 'kube-proxy',
    namespace: 'kube-system',
    versions: KUBERNETES.map(minor => ({
      version: `v${minor}.3-eksbuild.2`,
      kubernetes: [minor],
      defaultFor: [minor],
    })),
  },
  {
    addonName: 'metrics-server',
    namespace: 'kube-system',
    versions: [
      {
        version: 'v0.8.0-eksbuild.2',
        kubernetes: KUBERNETES,
        defaultFor: KUBERNETES,
      },
    ],
  },
  {
    addonName: 'vpc-cni',
    namespace: 'kube-system',
    versions: [
      { version: 'v1.20.4-eksbuild.1', kubernetes: KUBERNETES, defaultFor: [] },
      {
        version: 'v1.20.1-eksbuild.1',
        kubernetes: KUBERNETES,
        defaultFor: KUBERNETES,
      },
    ],
  },
];

export function catalogueAddon(name: string): CatalogueAddon | undefined {
  return ADDON_CATALOGUE.find(addon => addon.addonName === name);
}

/** The version that EKS installs when none is named. */
export function defaultAddonVersion(
  addon: CatalogueAddon,
  kubernetes: string,
): string | undefined {
  return addon.versions.find(v => v.defaultFor.includes(kubernetes))?.version;
}
