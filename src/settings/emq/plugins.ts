import { http } from "./http.ts";
import { ldap } from "./ldap.ts";
import { clientIds, usernames } from "./lists.ts";
import { mongo } from "./mongo.ts";
import type { Plugin } from "./plugin.ts";
import { redis } from "./redis.ts";
import { mysql, pgsql } from "./sql.ts";

/**
 * EMQ's plugins for logins in the order in which they are asked. EMQ asks the one first that was loaded last, which its
 * files do not say: here those that know who is not theirs come before those that can only say no.
 */
export const plugins: readonly Plugin[] = [usernames, clientIds, mysql, pgsql, redis, mongo, ldap, http];
