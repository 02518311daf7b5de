export interface Config {
  sandbox?: {
    /**
     * The portal runs on the EKS sandbox: it is labelled as a sandbox, signs users in without a password, and refuses to
     * start if an AWS call could leave this machine.
     */
    enabled?: boolean;
  };
  auth?: {
    providers?: {
      /** Sign-in without a password as one of these users; refused unless `sandbox.enabled` is true. */
      sandbox?: {
        users: Array<{
          /** Full reference of a user in the catalog. */
          entityRef: string;
          /** Name on the sign-in page. */
          title: string;
          /** One sentence: what this user may do. */
          description?: string;
        }>;
      };
    };
  };
  /** The policy of the example backend; your portal has its own policy. */
  examplePolicy?: {
    /** Groups that may do everything. */
    administrators?: string[];
    /** What other groups may do beyond reading. */
    teams?: Array<{
      group: string;
      /** Namespaces in which they may give, change, verify and remove identities; "*" matches any text. */
      namespaces: string[];
      /** Ids of clusters; default every cluster. */
      clusters?: string[];
      /** May also install the agent add-on on those clusters. */
      installAgent?: boolean;
    }>;
  };
}
