/** Where an authority keeps its files, on its host. */
export const authorityPaths = {
  root: "/etc/authority",
  key: "/etc/authority/authority.key",
  certificate: "/etc/authority/authority.pem",
  issued: "/etc/authority/issued",
};
