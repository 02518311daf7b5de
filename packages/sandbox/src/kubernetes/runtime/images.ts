/** The sandbox's knowledge about an image: its entry point and tools. */
export interface ImageProfile {
  /** Undefined for a service that runs until it is stopped. */
  entrypoint?: string[];
  command: string[];
  /** Whether it contains the `aws` command. */
  hasAws: boolean;
  /** Whether it contains a shell with the usual tools. */
  hasShell: boolean;
  /**
   * True for an unknown program: any command counts as a service that runs until it is stopped or, in an init
   * container, as done at once.
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
