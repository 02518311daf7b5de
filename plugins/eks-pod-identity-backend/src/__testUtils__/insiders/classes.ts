import { foreignIdentities, freedNames } from './foreignIdentities';
import { forgedTags } from './forgedTags';
import {
  copiedText,
  deepBodies,
  flooding,
  malformedIds,
  trickyNames,
} from './hostileRequests';
import { history } from './history';
import { hoarding } from './hoarding';
import type { InsiderClass } from './InsiderWorld';
import {
  inlinePoliciesOff,
  inlinePoliciesOn,
  policyWildcards,
  wideDefaults,
} from './policies';
import { adoption, adoptionByOwner, roleOracle, squatting } from './roles';
import { probes } from './probes';
import { claims, others, pages, plans, tasks, unreadClaims } from './reading';
import { falseRecords, foreignStatements } from './records';
import {
  byAssistant,
  facts,
  moves,
  restarts,
  unreadFacts,
  unreadByAssistant,
} from './since';
import { openedTrusts } from './trusts';
import { unrecorded } from './unrecorded';
import { reach } from './writes';

/** Every kind of attempt, by what the insider wants. */
export const CLASSES: Record<string, InsiderClass> = {
  'A forged ABAC identity': { attempts: forgedTags },
  'The identity of another component': { attempts: foreignIdentities },
  'A freed name': { attempts: freedNames },
  'An identity of no component': unrecorded,
  'Rights by an inline policy': inlinePoliciesOff,
  'Rights by an inline policy that may be written': inlinePoliciesOn,
  'Data that the defaults open': wideDefaults,
  'Rights by a managed policy under a wildcard': policyWildcards,
  'A full house': flooding,
  'A full database': hoarding,
  'The name of another’s role': squatting,
  'A role under a pattern for everybody': adoption,
  'A role under a pattern for others': adoptionByOwner,
  'A trust policy that the portal edits': openedTrusts,
  'A tricky name': trickyNames,
  'A malformed id, cursor or key': malformedIds,
  'A deep body': deepBodies,
  'What a write reaches': reach,
  'Text for a shell, a table or a log': copiedText,
  'Which roles there are': roleOracle,
  'What a plan tells': plans,
  'An operation of another': others,
  'The history of a former owner': history,
  'A task of another': tasks,
  'A false record': falseRecords,
  'A foreign statement in one’s own role': foreignStatements,
  'A page that is not open': pages,
  'A claim by annotation': claims,
  'The rights of an identity that no tag gives away': probes,
  'The workloads of another': restarts,
  'A move or a repair of another': moves,
  'The facts behind a report': facts,
  'What search and evidence tell': unreadFacts,
  'An assistant that acts for an insider': byAssistant,
  'An assistant of one who is not allowed to read': unreadByAssistant,
  'A claim without the right to read': unreadClaims,
};
