/* The one function of bcryptprimitives.dll that Go calls, for a wine that lacks that library. */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID data, ULONG size); /* RtlGenRandom, in advapi32.dll */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
	while (size > 0) {
		ULONG n = size > 0x10000000 ? 0x10000000 : (ULONG)size;
		if (!SystemFunction036(data, n))
			return FALSE;
		data += n;
		size -= n;
	}
	return TRUE;
}
