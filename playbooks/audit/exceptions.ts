/** Controls that this site does not go by, and why. */
export const exceptions: Readonly<Record<string, string>> = {
  "sshd-39":
    "a jump host needs it, and whoever has a shell forwards by other means; ports for others stay closed",
  "os-05c": "nobody logs in with a password, and one that has run out would shut a key out, too",
  "os-06": "ssh-keysign does nothing as long as hosts do not vouch for their users (sshd-25)",
  "sysctl-07": "the times begin at random for each connection, and keep old packets out of new ones",
  "nginx-07": "Nginx knows the balancers alone: HAProxy limits visitors (rateLimit)",
  "nginx-09": "browsers have taken the filter out; Content-Security-Policy does its work",
  "nginx-13": "visitors' TLS ends at the balancers, which send it",
  "nginx-14": "the application says which methods it takes; Nginx itself refuses TRACE",
  "nginx-16": "the application sets its cookies, and knows them",
};
