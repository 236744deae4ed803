echo "$GREETING, ${1:-world}"
