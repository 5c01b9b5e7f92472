import type { ConnectionSetting } from '../../platform/Connection.ts';

/** What was answered so far; each question starts from it. */
export interface ConnectionDraft extends Omit<ConnectionSetting, 'url'> {
  address: string;
  repositories: string[];
}
