/** Labels and annotations that tools put on what they deploy. */
const DEPLOYER_MARKS: [string, RegExp][] = [
  [
    'Helm',
    /^(meta\.helm\.sh\/|helm\.sh\/|app\.kubernetes\.io\/managed-by=Helm$)/,
  ],
  [
    'Argo CD',
    /^(argocd\.argoproj\.io\/|app\.kubernetes\.io\/managed-by=argocd)/i,
  ],
  [
    'Flux',
    /^((kustomize|helm)\.toolkit\.fluxcd\.io\/|fluxcd\.io\/|app\.kubernetes\.io\/managed-by=flux)/i,
  ],
];

/** Their field managers; Argo CD's older label tracking leaves no other trace. */
const DEPLOYER_MANAGERS: Record<string, string> = {
  helm: 'Helm',
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
};

/** Field managers of tools that make single objects, so that others may come from elsewhere. */
const OBJECT_MANAGERS: [string, RegExp][] = [
  ['Terraform', /^(terraform|hashicorp)/i],
  ['Pulumi', /^pulumi/i],
  ['Crossplane', /crossplane/i],
];

interface Marked {
  metadata?: {
    name?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager?: string }[];
  };
}

const managersOf = ({ metadata }: Marked) =>
  (metadata?.managedFields ?? []).map(({ manager = '' }) => manager);

/** The tool that deploys an object with others, by the labels, annotations or field manager that it carries. */
export function deployerOf(object: Marked): string | undefined {
  const marks = Object.entries({
    ...object.metadata?.annotations,
    ...object.metadata?.labels,
  }).map(([key, value]) => `${key}=${value}`);
  const marked = DEPLOYER_MARKS.find(([, pattern]) =>
    marks.some(mark => pattern.test(mark)),
  );
  if (marked) return marked[0];
  return managersOf(object)
    .map(manager => DEPLOYER_MANAGERS[manager])
    .find(Boolean);
}

/** The tool from whose source an object comes, whatever else that tool deploys. */
export function sourceOf(object: Marked): string | undefined {
  const managers = managersOf(object);
  return (
    deployerOf(object) ??
    OBJECT_MANAGERS.find(([, pattern]) =>
      managers.some(manager => pattern.test(manager)),
    )?.[0]
  );
}
