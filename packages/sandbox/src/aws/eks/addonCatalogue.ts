import catalogue from './offeredAddons.json';

/** An add-on that EKS offers. */
export interface CatalogueAddon {
  addonName: string;
  namespace: string;
  /** Its service accounts that take Pod Identity. */
  podIdentity?: {
    serviceAccount: string;
    recommendedManagedPolicies: string[];
  }[];
  /** Newest first, with the Kubernetes versions each supports and those it is the default for. */
  versions: { version: string; kubernetes: string[]; defaultFor: string[] }[];
}

/** The agent, and the add-ons that nearly every cluster has. */
const ADDON_CATALOGUE: CatalogueAddon[] = catalogue;

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
