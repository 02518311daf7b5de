/** What is known of an image without a registry: its entry point and which tools are in it. */
export interface ImageProfile {
  /** Undefined: a service that runs until it is stopped. */
  entrypoint?: string[];
  command: string[];
  /** Whether the `aws` command is in it. */
  hasAws: boolean;
  /** Whether there is a shell with the usual tools. */
  hasShell: boolean;
  /**
   * Somebody's own program: what it does is not known, so any command of it counts as a service that runs until it is
   * stopped, or as done at once in an init container.
   */
  opaque: boolean;
}

const SHELLS = new Set([
  'busybox',
  'alpine',
  'bash',
  'debian',
  'ubuntu',
  'amazonlinux',
]);

/** Name of the image without registry, tag and digest. */
const repositoryOf = (image: string) =>
  image
    .split('@')[0]
    .split('/')
    .pop()!
    .replace(/:[^:]*$/, '');

export function imageProfile(image: string): ImageProfile {
  const name = repositoryOf(image);
  if (/aws-?cli/.test(name)) {
    return {
      entrypoint: ['aws'],
      command: [],
      hasAws: true,
      hasShell: true,
      opaque: false,
    };
  }
  if (SHELLS.has(name)) {
    return {
      entrypoint: [],
      command: ['sh'],
      hasAws: false,
      hasShell: true,
      opaque: false,
    };
  }
  const bare = /distroless|pause|pod-identity-agent/.test(image);
  return {
    command: [],
    hasAws: /aws/.test(name) && !bare,
    hasShell: !bare,
    opaque: true,
  };
}
