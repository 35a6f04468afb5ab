/** Where the bench's hosts are: their first three octets. */
export const prefix = "10.82.0";
