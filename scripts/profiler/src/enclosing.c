/* pprof adds up samples whose stacks have the same return addresses, each replaced by the start of the function around
 * it, and looks up the names for one of them. What was inlined into a function would all be counted as whichever part
 * of it was seen first. Taken for the C library's function of this name, this one keeps the addresses as they are. */
void *_Unwind_FindEnclosingFunction(void *address) {
    return address;
}
