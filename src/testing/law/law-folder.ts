/** Where the law keeps what it needs on a host. */
export const lawFolder = "/var/lib/showrunner-law";
