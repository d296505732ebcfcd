#include "CProtonShim.h"
